#!/bin/sh
# Every figure of the built-in catalogs names where it comes from: the <source for=…> rows of an entry together cover
# its figures, and no row speaks of a figure that is not there. Reads the files with Python's own XML parser and the
# language's table, so it does not depend on our reader.
exec /usr/bin/python3 - <<'EOF'
import glob, re, sys
import xml.etree.ElementTree as ET

NS = '{urn:datahall:scenario:1}'
# Elements with their attributes that carry figures: numbers, and words that are a property of the thing.
figures, name = {}, None
for line in open('scenarios/scenario.def', encoding='utf-8'):
    row = re.match(r'(\w+)\((\w+), "([\w-]+)"', line)
    if row and row[1] in ('ELEMENT', 'ROOT'):
        figures[name := row[3]] = set()
    elif row and row[1] in ('QUANTITY', 'INTEGER', 'LIST', 'FLAG', 'CHOICE') and name:
        figures[name].add(row[3])
figures['device'].discard('kind')

failed = entries = given = 0
for path in sorted(glob.glob('scenarios/catalog/*.xml')):
    wrong = []
    for entry in ET.parse(path).getroot():
        tag = entry.tag.replace(NS, '')
        if tag == 'import':
            continue
        entries += 1
        where = '%s %s' % (tag, entry.get('id'))
        sources = entry.findall(NS + 'source')
        named = {n for s in sources for n in s.get('for').split()}
        children = [(c.tag.replace(NS, ''), c.get('work') or c.get('id') or '') for c in entry if c.tag != NS + 'source']
        have = {a for a in entry.attrib if a in figures[tag]}
        given += len(have) + len(children)
        for attr in sorted(have - named if 'all' not in named else ()):
            wrong.append('%s: no source for %s' % (where, attr))
        for child, word in children if 'all' not in named else ():
            if child not in named and child + ':' + word not in named:
                wrong.append('%s: no source for %s %s' % (where, child, word))
        known = have | {c for c, _ in children} | {c + ':' + w for c, w in children} | {'all'}
        for n in sorted(named - known):
            wrong.append('%s: a source for %s, which is not there' % (where, n))
        for s in sources:
            if len(s.get('text', '')) < 5 or s.get('evidence', 'published') not in ('published', 'measured', 'computed', 'assumed'):
                wrong.append('%s: a source that says nothing' % where)
    for w in wrong:
        print('# ' + w)
    print(('not ok' if wrong else 'ok') + ' - every figure of %s has a source' % path)
    failed += bool(wrong)
print(('ok' if entries >= 45 and given >= 400 else 'not ok') + ' - %d entries with %d figures were looked at' % (entries, given))
sys.exit(1 if failed else 0)
EOF
