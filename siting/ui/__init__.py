"""The app: one module a page or a panel; the only package that imports Streamlit."""
