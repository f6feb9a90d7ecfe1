"""Hidden checks of ASSIGNMENT."""

FORBIDDEN = {}
STAND_INS = {}
