// Writes expressions.json again: what GitHub's own evaluator answers to the expressions in it. In an empty folder:
//   npm install @actions/expressions@0.3.61 esbuild@0.25
//   npx esbuild …/tests/workflows/record_expressions.mjs --bundle --platform=node --format=cjs --outfile=record.cjs
//   node record.cjs …/tests/workflows/expressions.json
import {readFileSync, writeFileSync} from 'node:fs';
import {Evaluator, Lexer, Parser, data} from '@actions/expressions';

const path = process.argv[2];
const recorded = JSON.parse(readFileSync(path, 'utf8'));
const contexts = JSON.parse(JSON.stringify(recorded.contexts), data.reviver);
for (const row of recorded.rows) {
  const expression = new Parser(new Lexer(row.expression).lex().tokens, Object.keys(recorded.contexts), []).parse();
  const value = new Evaluator(expression, contexts).evaluate();
  row.text = value.coerceString();
  row.kind = data.Kind[value.kind];
}
const rows = recorded.rows.map((row) => '  ' + JSON.stringify(row)).join(',\n');
const start = JSON.stringify({from: recorded.from, contexts: recorded.contexts}, null, 2).slice(0, -2);
writeFileSync(path, `${start},\n  "rows": [\n${rows}\n  ]\n}\n`);
