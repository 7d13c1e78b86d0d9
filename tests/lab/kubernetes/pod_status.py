# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Status templates (Go templates over the object) that KWOK fills in where a kubelet would report."""

from __future__ import annotations

# Only for the first status of a pod: each rendering draws new addresses, and a pod keeps the ones it has.
_ADDRESSES = """\
{{ with NodeIPWith .spec.nodeName }}
hostIP: {{ . | Quote }}
hostIPs:
- ip: {{ . | Quote }}
{{ end }}
{{ $network := or .spec.hostNetwork false }}
{{ $uid := or .metadata.uid "" }}
{{ $name := or .metadata.name "" }}
{{ $namespace := or .metadata.namespace "" }}
{{ with PodIPWith .spec.nodeName $network $uid $name $namespace }}
podIP: {{ . | Quote }}
podIPs:
- ip: {{ . | Quote }}
{{ end }}
startTime: {{ Now | Quote }}
"""

# Native sidecars (restartPolicy Always) go on running; ordinary init containers have done their work.
_INIT_CONTAINERS = """\
{{ if .spec.initContainers }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  {{ if eq ( or .restartPolicy "" ) "Always" }}
  started: true
  state:
    running:
      startedAt: {{ Now | Quote }}
  {{ else }}
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ Now | Quote }}
      finishedAt: {{ Now | Quote }}
  {{ end }}
{{ end }}
{{ end }}
"""

_RUNNING = "running:\n  startedAt: {{ Now | Quote }}"
_BACK_OFF = "waiting:\n  reason: CrashLoopBackOff\n  message: back-off restarting failed container"
_NO_IMAGE = "waiting:\n  reason: ImagePullBackOff\n  message: Back-off pulling image"
_ONE_MORE = "{{ add1 ( index $status.containerStatuses $index ).restartCount }}"


def _ended(code: int, reason: str) -> str:
    return (
        f"terminated:\n  exitCode: {code}\n  reason: {reason}\n"
        "  startedAt: {{ Now | Quote }}\n  finishedAt: {{ Now | Quote }}"
    )


def _conditions(*, ready: bool, reason: str = "ContainersNotReady") -> str:
    lines = "conditions:\n"
    for kind, value in (("Initialized", True), ("Ready", ready), ("ContainersReady", ready)):
        lines += f'- type: {kind}\n  status: "{value}"\n  lastTransitionTime: {{{{ Now | Quote }}}}\n'
        lines += "" if value else f"  reason: {reason}\n"
    return lines + (
        '{{ range .spec.readinessGates }}\n- type: {{ .conditionType | Quote }}\n  status: "True"\n'
        "  lastTransitionTime: {{ Now | Quote }}\n{{ end }}\n"
    )


def _containers(state: str, *, ready: bool, restarts: str = "0", last_state: str = "") -> str:
    """Statuses of all containers; ``state`` and ``last_state`` are the YAML below those keys."""
    lines = (
        "containerStatuses:\n{{ $status := .status }}\n{{ range $index, $item := .spec.containers }}\n"
        "- name: {{ $item.name | Quote }}\n"
        "  image: {{ $item.image | Quote }}\n"
        '  imageID: ""\n'
        f"  ready: {str(ready).lower()}\n"
        f"  started: {str(ready).lower()}\n"
        f"  restartCount: {restarts}\n"
        f"  state:\n{_indented(state)}"
    )
    if last_state:
        lines += f"  lastState:\n{_indented(last_state)}"
    return lines + "{{ end }}\n"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def ready() -> str:
    return (
        _conditions(ready=True)
        + _containers(_RUNNING, ready=True)
        + _INIT_CONTAINERS
        + _ADDRESSES
        + "phase: Running\n"
    )


def not_ready() -> str:
    """Runs, and its readiness probe never succeeds."""
    return (
        _conditions(ready=False)
        + _containers(_RUNNING, ready=False)
        + _INIT_CONTAINERS
        + _ADDRESSES
        + "phase: Running\n"
    )


def crashed() -> str:
    """In back-off after its containers ended with an error for the first time."""
    containers = _containers(_BACK_OFF, ready=False, restarts="1", last_state=_ended(1, "Error"))
    return _conditions(ready=False) + containers + _INIT_CONTAINERS + _ADDRESSES + "phase: Running\n"


def crashed_again() -> str:
    containers = _containers(_BACK_OFF, ready=False, restarts=_ONE_MORE, last_state=_ended(1, "Error"))
    return _conditions(ready=False) + containers + "phase: Running\n"


def image_missing() -> str:
    return (
        _conditions(ready=False)
        + _containers(_NO_IMAGE, ready=False)
        + _INIT_CONTAINERS
        + _ADDRESSES
        + "phase: Pending\n"
    )


def failed() -> str:
    containers = _containers(_ended(1, "Error"), ready=False)
    return (
        _conditions(ready=False, reason="PodFailed")
        + containers
        + _INIT_CONTAINERS
        + _ADDRESSES
        + "phase: Failed\n"
    )


def restarted() -> str:
    """Ready again after its containers were killed."""
    containers = _containers(_RUNNING, ready=True, restarts=_ONE_MORE, last_state=_ended(137, "Error"))
    return _conditions(ready=True) + containers + "phase: Running\n"


def completed() -> str:
    containers = _containers(_ended(0, "Completed"), ready=False)
    return _conditions(ready=False, reason="PodCompleted") + containers + "phase: Succeeded\n"


def completed_but_proxy() -> str:
    """The work is done, and the plain proxy sidecar keeps the pod running."""
    state = (
        f'{{{{ if eq $item.name "azwi-proxy" }}}}\n{_RUNNING}\n{{{{ else }}}}\n'
        f"{_ended(0, 'Completed')}\n{{{{ end }}}}"
    )
    return _conditions(ready=False) + _containers(state, ready=False) + "phase: Running\n"


_NODE_CONDITIONS = """\
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ Now | Quote }}
  lastTransitionTime: {{ or $since Now | Quote }}
{{ end }}
"""
NODE_ALIVE = "{{ $since := .metadata.creationTimestamp }}\n" + _NODE_CONDITIONS

# Sizes of a Standard_D16s_v5, so that a few nodes carry any test.
_NODE_FACTS = """\
addresses:
{{ with NodeIP }}
- type: InternalIP
  address: {{ . | Quote }}
{{ end }}
- type: Hostname
  address: {{ .metadata.name | Quote }}
{{ with NodePort }}
daemonEndpoints:
  kubeletEndpoint:
    Port: {{ . }}
{{ end }}
allocatable:
  cpu: "16"
  memory: 64Gi
  pods: "250"
capacity:
  cpu: "16"
  memory: 64Gi
  pods: "250"
nodeInfo:
  architecture: amd64
  bootID: ""
  containerRuntimeVersion: containerd://1.7.28-1
  kernelVersion: 5.15.0-azure
  kubeProxyVersion: ""
  {{ $annotations := or .metadata.annotations dict }}
  kubeletVersion: {{ index $annotations "lab.aksops.io/kubelet-version" | default "v1.36.3" | Quote }}
  machineID: ""
  operatingSystem: linux
  osImage: Ubuntu 22.04.5 LTS
  systemUUID: ""
phase: Running
"""
NODE_READY = '{{ $since := "" }}\n' + _NODE_CONDITIONS + _NODE_FACTS
