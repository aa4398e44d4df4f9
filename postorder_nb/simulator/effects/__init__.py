"""What acts do to a record beside its state: money, parcels, dues, links to other records."""
