// The anchors that GitHub gives to the headings of each page of a list, as JSON from standard input to standard output.
import { readFileSync } from "node:fs";
import GithubSlugger from "github-slugger";

const pages = JSON.parse(readFileSync(0, "utf8"));
const anchors = pages.map((headings) => {
  const slugger = new GithubSlugger();
  return headings.map((heading) => slugger.slug(heading));
});
process.stdout.write(JSON.stringify(anchors));
