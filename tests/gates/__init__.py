# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates: every check that ``make test`` runs, each with its log, counts and reasons for skips."""
