"""Operations of a running shop: backup, doctor, repair, move, upgrade."""
