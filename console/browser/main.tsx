import { render } from "preact";
import { openSession } from "./api/request.ts";
import { problemIn } from "./api/use-answer.ts";
import { App } from "./app.tsx";
import { ProblemNote } from "./components/problem-note.tsx";

try {
  await openSession();
  render(<App />, document.body);
} catch (error) {
  render(
    <main>
      <h1>rekey</h1>
      <ProblemNote problem={problemIn(error)} />
    </main>,
    document.body,
  );
}
