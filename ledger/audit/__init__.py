"""Proofs: verifying the seals, checkpoints that leave the house, inclusion of one number. No SQL."""
