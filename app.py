"""The Streamlit app: assembles the pages of siting.ui."""
