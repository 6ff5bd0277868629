'use strict';
// A click on a number opens its provenance in a panel. Without this script the same link
// leads to the same facts further down, or on a page of their own.
(function () {
  const section = function (node) { return document.getElementById('node-' + node); };
  const add = function (parent, tag, text, kind) {
    const e = parent.appendChild(document.createElement(tag));
    if (text) e.textContent = text;
    if (kind) e.className = kind;
    return e;
  };
  // The node, then all it was made of, each once.
  const chain = function (node) {
    const list = [node];
    for (const name of list) {
      const s = section(name);
      const inputs = s ? s.dataset.inputs.split(' ') : [];
      inputs.filter(function (i) { return i ? !list.includes(i) : false; })
        .forEach(function (i) { list.push(i); });
    }
    return list.filter(section);
  };
  const show = function (a) {
    const d = add(document.body, 'dialog');
    d.setAttribute('aria-label', 'Where this number comes from');
    add(d, 'p', a.dataset.node + ' › ' + a.dataset.path.split('/').join(' › '), 'soft mono');
    add(d, 'p', a.dataset.value || a.textContent, 'value');
    if (a.title) add(d, 'p', a.title);
    const nodes = chain(a.dataset.node);
    nodes.forEach(function (name, k) {
      const copy = section(name).cloneNode(true);
      copy.removeAttribute('id');
      copy.dataset.copy = name;
      copy.open = k === 0;
      d.appendChild(copy);
    });
    const form = add(d, 'form');
    form.method = 'dialog';
    add(form, 'button', 'Close');
    d.addEventListener('close', function () { d.remove(); a.focus(); });
    d.addEventListener('click', function (e) {
      if (e.target === d) d.close();
      const link = e.target.closest('a[href^="#node-"]');
      const name = link ? decodeURIComponent(link.hash.slice(6)) : '';
      const to = nodes.includes(name) ? d.querySelector('[data-copy="' + CSS.escape(name) + '"]') : null;
      if (!to) return;
      e.preventDefault();
      to.open = true;
      to.scrollIntoView();
    });
    d.showModal();
  };
  document.addEventListener('click', function (e) {
    const a = e.target.closest('a.num');
    const plain = e.button === 0 ? !(e.ctrlKey || e.metaKey || e.shiftKey) : false;
    if (a ? plain : false) {
      e.preventDefault();
      show(a);
    }
  });
  const reveal = function () {
    const s = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (s ? s.tagName === 'DETAILS' : false) s.open = true;
  };
  addEventListener('hashchange', reveal);
  document.addEventListener('click', function (e) {
    const a = e.target.closest('a[href^="#"]');
    if (a ? !a.classList.contains('num') : false) setTimeout(reveal, 0);
  });
  reveal();
})();
