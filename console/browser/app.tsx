import { ErrorBoundary } from "preact-iso/lazy";
import { LocationProvider, Route, Router, useLocation } from "preact-iso/router";
import type { PlaceAnswer } from "../contract.ts";
import { Place, useAnswer } from "./api/use-answer.ts";
import { CampaignPage } from "./campaigns/campaign-page.tsx";
import { CampaignsPage } from "./campaigns/campaigns-page.tsx";
import { CapacityPage } from "./capacity/capacity-page.tsx";
import { ProblemNote } from "./components/problem-note.tsx";
import { ThemeChoice } from "./components/theme-choice.tsx";
import { FleetPage } from "./fleet/fleet-page.tsx";
import { SecretPage } from "./secret/secret-page.tsx";

const pages = [
  ["/", "Fleet"],
  ["/campaigns", "Campaigns"],
  ["/capacity", "Capacity"],
] as const;

function Header({ place }: { readonly place: PlaceAnswer | undefined }) {
  const { path } = useLocation();
  return (
    <header class="top">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <strong class="brand">rekey</strong>
      <nav aria-label="Pages">
        {pages.map(([href, title]) => (
          <a key={href} href={href} aria-current={path === href ? "page" : undefined}>
            {title}
          </a>
        ))}
        <a href="/runbook.html" target="_blank" rel="noreferrer">
          Runbook
        </a>
      </nav>
      <span class="place">
        {place === undefined
          ? ""
          : place.endpoint === undefined
            ? place.region
            : `${place.region} at ${place.endpoint}`}
      </span>
      <ThemeChoice />
    </header>
  );
}

let shownPath = location.pathname;

/** Who uses the keyboard or a screen reader goes on in the new page; a filter, which is in the address, too, makes none. */
function focusNewPage(url: string): void {
  const { pathname } = new URL(url, location.href);
  if (pathname !== shownPath) document.querySelector<HTMLElement>("#main")?.focus();
  shownPath = pathname;
}

const NotFound = () => (
  <>
    <h1>There is no such page</h1>
    <p>
      <a href="/">The fleet</a>
    </p>
  </>
);

export function App() {
  const { answer: place, problem } = useAnswer<PlaceAnswer>("/place");
  return (
    <LocationProvider>
      <Place.Provider value={place}>
        <Header place={place} />
        <main id="main" tabIndex={-1}>
          {problem !== undefined && <ProblemNote problem={problem} />}
          {place !== undefined && (
            <ErrorBoundary>
              <Router onRouteChange={focusNewPage}>
                <Route path="/" component={FleetPage} />
                <Route path="/secrets/:secret" component={SecretPage} />
                <Route path="/campaigns" component={CampaignsPage} />
                <Route path="/campaigns/:campaign" component={CampaignPage} />
                <Route path="/capacity" component={CapacityPage} />
                <Route default component={NotFound} />
              </Router>
            </ErrorBoundary>
          )}
        </main>
      </Place.Provider>
    </LocationProvider>
  );
}
