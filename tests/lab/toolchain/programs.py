# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs the lab is made of, from which Go module each is built, and what is linked into it."""

from __future__ import annotations

from dataclasses import dataclass

KUBERNETES_VERSION = "1.36.3"
OLDER_KUBERNETES_VERSION = "1.31.13"


@dataclass(frozen=True)
class Program:
    """One binary: ``path`` below the tools folder, built from ``package`` in ``modules/<module>``."""

    path: str
    module: str
    package: str
    linked: tuple[tuple[str, str], ...] = ()
    by_default: bool = True

    @property
    def linker_flags(self) -> str:
        """Symbols and debug tables are left out: they double the size and nobody debugs these binaries."""
        return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in self.linked)])


def _kubernetes(command: str, version: str = KUBERNETES_VERSION, folder: str = "") -> Program:
    # Unlinked, every component calls itself v0.0.0-master, and the webhook's test for sidecars fails.
    major, minor = version.split(".")[:2]
    names = (("gitVersion", f"v{version}"), ("gitMajor", major), ("gitMinor", minor))
    return Program(
        path=f"{folder}{command}",
        module="kubernetes",
        package=f"k8s.io/kubernetes/cmd/{command}",
        linked=tuple((f"k8s.io/component-base/version.{name}", value) for name, value in names),
    )


_WEBHOOK_VERSION = (("github.com/Azure/azure-workload-identity/pkg/version.BuildVersion", "v1.6.0"),)

# In the order in which they are built: a first cluster needs those before kwokctl and kwokctl itself.
PROGRAMS: tuple[Program, ...] = (
    _kubernetes("kube-apiserver"),
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    _kubernetes("kubectl"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    Program("kwokctl", "kwok", "sigs.k8s.io/kwok/cmd/kwokctl"),
    # The same code under an older version number. It reports that version, which is what the webhook looks at
    # when it chooses between native and plain sidecars, and emulates its APIs and features. Only linking is
    # done again.
    *(
        _kubernetes(command, OLDER_KUBERNETES_VERSION, f"{OLDER_KUBERNETES_VERSION}/")
        for command in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    Program(
        "mic",
        "podidentity",
        "github.com/Azure/aad-pod-identity/cmd/mic",
        (("github.com/Azure/aad-pod-identity/version.MICVersion", "v1.8.17"),),
    ),
    Program("webhook", "webhook", ".", _WEBHOOK_VERSION),
    Program("proxy", "webhook", "github.com/Azure/azure-workload-identity/cmd/proxy", _WEBHOOK_VERSION),
    Program(
        "helm", "helm", "helm.sh/helm/v3/cmd/helm", (("helm.sh/helm/v3/internal/version.version", "v3.22.0"),)
    ),
    Program(
        "azwi",
        "webhook",
        "github.com/Azure/azure-workload-identity/cmd/azwi",
        _WEBHOOK_VERSION,
        by_default=False,
    ),
)


def programs(names: tuple[str, ...] = ()) -> tuple[Program, ...]:
    """The named programs, or those that are built by default.

    Raises:
        ValueError: a name is not known.
    """
    if not names:
        return tuple(program for program in PROGRAMS if program.by_default)
    unknown = sorted(set(names) - {program.path for program in PROGRAMS})
    if unknown:
        known = ", ".join(program.path for program in PROGRAMS)
        raise ValueError(f"unknown program {', '.join(unknown)}; known are {known}")
    return tuple(program for program in PROGRAMS if program.path in names)
