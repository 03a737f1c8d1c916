'use strict';
(() => {
  const search = document.getElementById('search');
  if (!search) return;
  const told = document.getElementById('told');
  const boxes = [...document.querySelectorAll('.tools input[type=checkbox]')];
  const changes = [...document.querySelectorAll('.group > details.change')];
  const groups = [...document.querySelectorAll('details.group')];
  const texts = changes.map((change) => change.textContent.toLowerCase());
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    changes.forEach((change, at) => {
      const fits = wanted.has(change.dataset.what) && words.every((word) => texts[at].includes(word));
      change.hidden = !fits;
      if (fits) count += 1;
    });
    for (const group of groups) {
      group.hidden = !group.querySelector('details.change:not([hidden])');
      if (words.length && !group.hidden) group.open = true;
    }
    told.textContent = count + ' of ' + changes.length + ' changes shown';
  };
  let waiting = 0;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 80);
  });
  boxes.forEach((box) => box.addEventListener('change', show));
  const fold = (open) => () => {
    for (const one of [...groups, ...changes]) if (!one.hidden) one.open = open;
  };
  document.getElementById('unfold').addEventListener('click', fold(true));
  document.getElementById('fold').addEventListener('click', fold(false));
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    } else if (event.key === 'Escape' && document.activeElement === search) {
      search.value = '';
      show();
    }
  });
  show();
})();
