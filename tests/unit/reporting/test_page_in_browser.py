# Copyright (c) 2026, the aksops.workload_identity contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: filters, light and dark, a phone, and a cluster that would like to run a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.reporting import fleet
from unit.reporting.browser import Browser, browser, missing_program

from ansible_collections.aksops.workload_identity.plugins.module_utils._reporting import page

MISSING = missing_program()
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"{MISSING} is not there (Debian: chromium, chromium-driver)"
)

SHOWN = """
return Array.from(document.querySelectorAll('#workloads tbody tr:not([hidden])'))
  .map(row => row.dataset.cluster + ' ' + row.querySelector('.name').textContent);
"""
FINDINGS = """
return Array.from(document.querySelectorAll('#findings [data-cluster]:not([hidden])'))
  .map(row => row.dataset.cluster + ' ' + row.dataset.finding);
"""
CHOOSE = """
const field = document.querySelector('#filters [name=' + arguments[0] + ']');
field.value = arguments[1];
field.dispatchEvent(new Event('input', {bubbles: true}));
return field.value;
"""
# WCAG 2.1, 1.4.3: contrast of a text with what it stands on. Every element with a text of its own.
CONTRAST = """
const part = value => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
const light = colour => 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
const behind = element => {
  for (let one = element; one; one = one.parentElement) {
    const colour = numbers(getComputedStyle(one).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) { return colour; }
  }
  return [255, 255, 255];
};
const poor = [];
for (const element of document.querySelectorAll('body *')) {
  const own = Array.from(element.childNodes).some(node => node.nodeType === 3 && node.textContent.trim());
  if (!own || !element.checkVisibility() || element.closest('.hidden, script')) { continue; }
  const [one, other] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (contrast < 4.5) { poor.push(element.className + ' ' + element.textContent + ' ' + contrast.toFixed(2)); }
}
return poor;
"""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "report.html"
    target.write_text(page.render(fleet.report()))
    return target


def choose(window: Browser, field: str, value: str) -> None:
    assert window.run(CHOOSE, field, value) == value, f"{field} does not offer {value}"


def workloads(**wanted: str) -> list[str]:
    return [
        f"{item.cluster} {item.namespace}/{item.name}"
        for item in fleet.report().workloads
        if all(getattr(item, key) == value for key, value in wanted.items())
    ]


@pytest.mark.parametrize(
    ("field", "value", "of_workload"),
    [
        ("cluster", "aks-ready", "cluster"),
        ("namespace", "orders", "namespace"),
        ("state", "held", "state"),
        ("state", "waiting_for_pod", "state"),
    ],
)
def test_a_filter_leaves_what_fits(
    window: Browser, path: Path, field: str, value: str, of_workload: str
) -> None:
    window.open(path)
    assert window.run(SHOWN) == workloads()
    choose(window, field, value)
    expected = workloads(**{of_workload: value})
    assert expected
    assert window.run(SHOWN) == expected


def test_a_finding_leaves_its_workloads_and_itself(window: Browser, path: Path) -> None:
    window.open(path)
    choose(window, "finding", "identity-missing")
    assert window.run(SHOWN) == ["aks-blocked legacy/ledger"]
    assert window.run(FINDINGS) == ["aks-blocked identity-missing"]


def test_filters_and_text_work_together_and_go_away_together(window: Browser, path: Path) -> None:
    window.open(path)
    choose(window, "cluster", "aks-under-way")
    choose(window, "state", "waiting")
    choose(window, "text", "BATCH")
    assert window.run(SHOWN) == ["aks-under-way mail/batch"]
    assert "1 of 14 workloads" in window.run("return document.getElementById('shown').textContent")
    window.run("document.querySelector('#filters button').click()")
    window.run("return new Promise(done => setTimeout(done, 50))")
    assert window.run(SHOWN) == workloads()


def test_where_nothing_fits_the_page_says_so(window: Browser, path: Path) -> None:
    window.open(path)
    says = "return document.querySelector('#workloads .nothing').checkVisibility()"
    assert window.run(says) is False
    choose(window, "text", "no such thing")
    assert window.run(SHOWN) == []
    assert window.run(says) is True


def test_the_address_keeps_the_choice(window: Browser, path: Path) -> None:
    window.open(path)
    choose(window, "namespace", "orders")
    address = window.run("return window.location.hash")
    window.open(path, address[1:])
    assert window.run(SHOWN) == workloads(namespace="orders")


@pytest.mark.parametrize("fragment", ["cluster=%", "workloads", "cluster=nowhere", "__proto__=x"])
def test_an_address_that_means_nothing_shows_everything(window: Browser, path: Path, fragment: str) -> None:
    window.open(path, fragment)
    assert window.run(SHOWN) == workloads()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(window: Browser, path: Path, scheme: str) -> None:
    window.protocol(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    window.open(path)
    ground = window.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in ground[4:-1].split(",")) > 384) == (scheme == "light")
    assert window.run(CONTRAST) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_stands_out_at_the_side(window: Browser, path: Path, width: int) -> None:
    window.protocol(
        "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
    )
    window.open(path)
    wide = """
    return Array.from(document.querySelectorAll('body *')).filter(element => element.checkVisibility()
      && !element.closest('.hidden, .skip, thead, svg') && element.getBoundingClientRect().right > arguments[0] + 1
    ).map(element => element.outerHTML.slice(0, 120));
    """
    assert window.run(wide, width) == []
    window.protocol("Emulation.clearDeviceMetricsOverride")


def test_the_page_complains_of_nothing_and_asks_for_nothing(window: Browser, path: Path) -> None:
    window.complaints()
    window.open(path)
    assert window.complaints() == []
    assert window.run("return performance.getEntriesByType('resource').length") == 0


def test_every_field_has_a_name_and_every_table_its_heads(window: Browser, path: Path) -> None:
    window.open(path)
    unnamed = """
    return Array.from(document.querySelectorAll('select, input')).filter(field => !field.labels.length).length
      + Array.from(document.querySelectorAll('table')).filter(one => !one.caption).length
      + Array.from(document.querySelectorAll('thead th')).filter(one => one.scope !== 'col').length;
    """
    assert window.run(unnamed) == 0


def test_a_script_out_of_a_cluster_does_not_run(window: Browser, tmp_path: Path) -> None:
    text = "</script><img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    made = fleet.report()
    wild: Any = tuple(replace(item, namespace=text, name=text, detail=text) for item in made.workloads)
    target = tmp_path / "report.html"
    target.write_text(page.render(replace(made, workloads=wild)))
    window.open(target)
    assert window.run("return document.title") == made.title
    assert window.run("return document.querySelectorAll('img').length") == 0
    assert text in window.run("return document.querySelector('#workloads th .name').textContent")
