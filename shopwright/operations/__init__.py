"""What whoever runs a shop does with it: backup, doctor, repair, move, upgrade."""
