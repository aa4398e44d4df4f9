"""eBay's Post-Order calls as typed methods."""
