"""Tests of Flagship."""
