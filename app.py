"""The Streamlit app: assembles the pages of siting.ui."""

from siting.ui.main import main

main()
