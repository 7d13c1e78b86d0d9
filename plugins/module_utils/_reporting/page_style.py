# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""How the page looks: on a screen in light and dark, on a phone, on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #566273; --line: #dde2e9; --hover: #f0f3f7;
  --good: #13703c; --good-bg: #dcf3e4; --going: #1257a8; --going-bg: #dfecfb; --calm: #4a5565; --calm-bg: #e9edf2;
  --warn: #855600; --warn-bg: #fdefcf; --bad: #b3261e; --bad-bg: #fce4e2; --focus: #1257a8; --free: #e3e7ed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --card: #1a2029; --ink: #e5e9ef; --soft: #9ca8b8; --line: #2d3643; --hover: #202833;
    --good: #6fd698; --good-bg: #143524; --going: #86bbfb; --going-bg: #16304f; --calm: #b3bdca; --calm-bg: #29323e;
    --warn: #f2bf5c; --warn-bg: #3d2f0f; --bad: #ff9a91; --bad-bg: #46201d; --focus: #86bbfb; --free: #2d3643;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
main, header.top, footer { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header.top { padding-top: 32px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 36px 0 4px; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0 0 12px; }
body { overflow-wrap: break-word; }
.detail, h3, .lead, .soft, li, p { overflow-wrap: anywhere; }
table .soft { overflow-wrap: break-word; }
table .detail { overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.small { font-size: 13px; }
.lead { color: var(--soft); margin: 0 0 14px; max-width: 75ch; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 8px; background: var(--card); padding: 6px 12px; z-index: 2; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
[hidden] { display: none !important; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 22px 0 0;
  padding: 0; list-style: none; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.tile b { display: block; font-size: 28px; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; }
.tile b small { font-size: 16px; font-weight: 500; color: var(--soft); }
.tile.bad b { color: var(--bad); } .tile.warn b { color: var(--warn); } .tile.good b { color: var(--good); }
.tile svg { display: block; width: 100%; height: 6px; margin-top: 10px; border-radius: 3px; }

.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 9px 12px; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-size: 12.5px; font-weight: 600; line-height: 1.3;
  vertical-align: bottom; }
tbody th { font-weight: 600; }
tbody tr:hover { background: var(--hover); }
td .detail, th .detail { display: block; color: var(--soft); font-size: 13px; font-weight: 400; }
.nowrap { white-space: nowrap; }
.name { overflow-wrap: break-word; }
#workloads tbody th { min-width: 150px; }
#workloads td:nth-of-type(2) { min-width: 200px; }
td code { overflow-wrap: break-word; }

.badge { display: inline-block; overflow-wrap: normal;
  border-radius: 999px; padding: 1px 10px; font-size: 12.5px; font-weight: 600;
  white-space: nowrap; color: var(--calm); background: var(--calm-bg); }
.badge.good { color: var(--good); background: var(--good-bg); }
.badge.going { color: var(--going); background: var(--going-bg); }
.badge.warn { color: var(--warn); background: var(--warn-bg); }
.badge.bad { color: var(--bad); background: var(--bad-bg); }

.step { display: inline-flex; align-items: center; gap: 6px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.step svg { width: 18px; height: 18px; flex: none; }
.step.good { color: var(--good); } .step.going { color: var(--going); } .step.warn { color: var(--warn); }
.step.calm { color: var(--soft); }

.alert { border: 1px solid var(--line); border-left: 4px solid var(--calm); background: var(--card);
  border-radius: 8px; padding: 12px 16px; margin: 0 0 10px; }
.alert.bad { border-left-color: var(--bad); } .alert.warn { border-left-color: var(--warn); }
.alert .head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; margin-bottom: 4px; }
.alert p { margin: 2px 0; overflow-wrap: anywhere; }
.alert summary { cursor: pointer; }
.where { margin: 6px 0 0; padding: 0 0 0 18px; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.none { background: var(--card); border: 1px dashed var(--line); border-radius: 8px; padding: 14px 16px;
  color: var(--soft); }

.budgets { margin: 0; padding: 6px 0; list-style: none; }
.budgets li { display: grid; grid-template-columns: minmax(150px, 260px) minmax(200px, 360px) 1fr; gap: 4px 18px;
  align-items: center; padding: 8px 16px; }
.budgets li + li { border-top: 1px solid var(--line); }
.budgets svg { width: 100%; max-width: 560px; height: 18px; display: block; }
.taken { fill: var(--going); } .planned { fill: var(--going); fill-opacity: 0.4; } .free { fill: var(--free); }
.over { fill: var(--bad); } .bar-good { fill: var(--good); } .bar-back { fill: var(--free); }
.tick { stroke: var(--ink); stroke-width: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 10px 16px; margin: 0; font-size: 13px;
  color: var(--soft); border-top: 1px solid var(--line); }
.legend svg { width: 12px; height: 12px; display: inline-block; vertical-align: -1px; margin-right: 6px; }

.filters { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: end; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; margin: 0 0 14px; position: sticky; top: 8px;
  z-index: 1; box-shadow: 0 4px 14px rgb(0 0 0 / 0.08); }
.filters label { display: grid; gap: 2px; font-size: 12.5px; color: var(--soft); font-weight: 600; flex: 1 1 130px; }
.filters select, .filters input, .filters button { font: inherit; font-size: 14px; color: var(--ink);
  background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 6px 8px; min-height: 36px;
  width: 100%; min-width: 0; }
.filters button { width: auto; cursor: pointer; padding: 6px 14px; }
.filters output { flex-basis: 100%; font-size: 13px; color: var(--soft); }
footer { padding-top: 30px; padding-bottom: 40px; color: var(--soft); font-size: 13px; }

@media screen and (max-width: 900px) {
  main, header.top, footer { padding-left: 14px; padding-right: 14px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .filters { position: static; }
  .filters label { flex-basis: 40%; }
  .budgets li { grid-template-columns: 1fr; }
  table, tbody, tr, td, tbody th { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { border-top: 1px solid var(--line); padding: 12px 14px; }
  tbody tr:first-child { border-top: 0; }
  tbody th, td { border: 0; padding: 3px 0; }
  td[data-label] { display: flex; justify-content: space-between; gap: 14px; text-align: right; }
  td[data-label]::before { content: attr(data-label); color: var(--soft); font-size: 13px; text-align: left;
    flex: none; }
  td[data-label] > * { min-width: 0; }
  #workloads tbody th, #workloads td:nth-of-type(2) { min-width: 0; }
  td.empty { display: none; }
  .nowrap { white-space: normal; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --good: #0b5a2d; --good-bg: #e7f6ec;
    --going: #0b4587; --going-bg: #e6f0fb; --calm: #333; --calm-bg: #eee; --warn: #6b4500; --warn-bg: #fdf3dd;
    --bad: #98170f; --bad-bg: #fdebea; --free: #e3e7ed; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 10pt; }
  table { font-size: 8.5pt; }
  td .detail, th .detail, thead th, .badge, .small { font-size: 7.5pt; line-height: 1.3; }
  th, td { padding: 5px 8px; }
  .filters, .skip { display: none; }
  .scroll { overflow: visible; }
  main, header.top, footer { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  tr, .alert, .budgets li, .tile { break-inside: avoid; }
  thead { display: table-header-group; }
  @page { margin: 14mm; size: A4 landscape; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
"""
