"""postorder_nb."""
