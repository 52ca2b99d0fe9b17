"""Tests of Ledgerline."""
