"""Networks for roles that only the games of this distribution have."""
