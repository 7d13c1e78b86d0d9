# Copyright (c) 2026, the aksops.workload_identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This module util is PRIVATE to the collection.
"""What the page can do: filter by cluster, namespace, state, finding and text; the address keeps the choice."""

from __future__ import annotations

SCRIPT = """
(function () {
  'use strict';
  var form = document.getElementById('filters');
  if (!form) { return; }
  form.hidden = false;
  var fields = Array.prototype.slice.call(form.querySelectorAll('select, input'));
  var rows = Array.prototype.slice.call(document.querySelectorAll('[data-cluster]'));
  var told = document.getElementById('shown');
  function words(row, key) {
    var text = row.getAttribute('data-' + key);
    return text === null ? null : text.split(' ');
  }
  function wanted() {
    var choice = {};
    fields.forEach(function (field) { choice[field.name] = field.value.trim(); });
    return choice;
  }
  function fits(row, choice) {
    var keys = ['cluster', 'namespace', 'state', 'finding'];
    for (var i = 0; i < keys.length; i += 1) {
      var has = words(row, keys[i]);
      if (choice[keys[i]] && has !== null && has.indexOf(choice[keys[i]]) < 0) { return false; }
    }
    return !choice.text || row.textContent.toLowerCase().indexOf(choice.text.toLowerCase()) >= 0;
  }
  function count(name) {
    var section = document.getElementById(name);
    if (!section) { return { seen: 0, all: 0 }; }
    var all = section.querySelectorAll('[data-cluster]');
    var seen = section.querySelectorAll('[data-cluster]:not([hidden])').length;
    var empty = section.querySelector('.nothing');
    if (empty) { empty.hidden = seen > 0 || all.length === 0; }
    return { seen: seen, all: all.length };
  }
  function apply() {
    var choice = wanted();
    rows.forEach(function (row) { row.hidden = !fits(row, choice); });
    Array.prototype.forEach.call(document.querySelectorAll('details[data-group]'), function (group) {
      group.hidden = !group.querySelector('[data-cluster]:not([hidden])');
    });
    var workloads = count('workloads');
    var findings = count('findings');
    told.textContent = workloads.seen + ' of ' + workloads.all + ' workloads, ' +
      findings.seen + ' of ' + findings.all + ' findings';
    var kept = fields.filter(function (field) { return field.value; }).map(function (field) {
      return encodeURIComponent(field.name) + '=' + encodeURIComponent(field.value);
    }).join('&');
    if (window.history.replaceState && window.location.hash.slice(1) !== kept) {
      try { window.history.replaceState(null, '', kept ? '#' + kept : window.location.pathname); } catch (error) {
        // A page opened out of an archive or a mail has no address to keep it in.
      }
    }
  }
  function restore() {
    window.location.hash.slice(1).split('&').forEach(function (part) {
      var pair = part.split('=');
      var field = null;
      try { field = form.elements.namedItem(decodeURIComponent(pair[0])); } catch (error) { return; }
      if (field && pair.length === 2) { field.value = decodeURIComponent(pair[1]); }
    });
  }
  form.addEventListener('input', apply);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  form.addEventListener('reset', function () { window.setTimeout(apply, 0); });
  window.addEventListener('beforeprint', function () {
    Array.prototype.forEach.call(document.querySelectorAll('details'), function (item) { item.open = true; });
  });
  restore();
  apply();
}());
"""
