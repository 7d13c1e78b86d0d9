# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Azure of one's own: Resource Manager, the token endpoint, OIDC issuers and instance metadata, over HTTPS.

It keeps the rules that the real services have (who may do what, what conflicts with what, what takes time), so that
a client that gets along with it gets along with them. ``python -m lab.azure`` runs it.
"""
