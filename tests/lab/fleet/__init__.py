# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of the lab: Pod Identity in three ways of installing it, and what runs on it."""
