// Reads texts as JSON by their names, and prints what secretlint finds in each.
import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

let input = "";
for await (const part of process.stdin) input += part;
const config = { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator }] };
const found = {};
for (const [name, content] of Object.entries(JSON.parse(input))) {
  const source = { filePath: "/book/note.md", content, contentType: "text", ext: ".md" };
  const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
  found[name] = messages.map(({ range: [start, end] }) => content.slice(start, end));
}
process.stdout.write(JSON.stringify(found));
