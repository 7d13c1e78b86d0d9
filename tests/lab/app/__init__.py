# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an app in a pod would get when it asks for a token: tried with the pod that really exists."""
