// The page's beginning: the header, and which page an address means.
import { render } from "preact";
import { call } from "./api";
import { AlertsPage } from "./pages/alerts";
import { BrowsePage, ImportPage, LoginPage } from "./pages/browse";
import { DashboardPage } from "./pages/dashboard";
import { SourcePage, SourcesPage } from "./pages/sources";
import { Boundary, Page, useAddress, useScheme } from "./shared";

const LINKS = [["/dashboards", "Dashboards"], ["/alerting/list", "Alert rules"], ["/connections/datasources", "Data sources"]] as const;

function route(url: URL) {
  const [first = "", second, third, fourth] = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const path = [first, second].filter(Boolean).join("/");
  if (path === "login") return <LoginPage url={url} />;
  if (path === "" || path === "dashboards" || path === "home") return <BrowsePage url={url} />;
  if (first === "d" && second) return <DashboardPage uid={second} url={url} />;
  if (path === "dashboard/new") return <DashboardPage uid={undefined} url={url} />;
  if (path === "dashboard/import") return <ImportPage />;
  if (first === "explore") return <Page title="Explore"><p>This stand-in for Grafana has no Explore. Try a query in a <a href="/dashboard/new">new dashboard</a>, or on the page of Prometheus itself.</p></Page>;
  if (first === "alerting") return <AlertsPage />;
  if (path === "connections/datasources" && third === "edit") return <SourcePage uid={fourth} />;
  if (path === "connections/datasources" && third === "new") return <SourcePage uid={undefined} />;
  if (path === "connections/datasources" || first === "datasources") return <SourcesPage />;
  return <Page title="Page not found"><p>This stand-in for Grafana has no page at {url.pathname}. <a href="/dashboards">See the dashboards</a>.</p></Page>;
}

function App() {
  const url = useAddress();
  useScheme();
  const isSignedOut = url.pathname === "/login";
  const signOut = async () => {
    await call("GET", "/logout").catch(() => undefined);
    location.assign("/login");
  };
  return (
    <>
      <a class="skip" href="#main">Skip to the page</a>
      <header class="top">
        <a class="brand" href="/dashboards">Grafana stand-in</a>
        <span class="stand-in">not Grafana itself: it speaks its API and draws its dashboards</span>
        {!isSignedOut && (
          <nav aria-label="Main">
            {LINKS.map(([href, text]) => <a href={href} {...(url.pathname.startsWith(href) && { "aria-current": "page" as const })}>{text}</a>)}
            <button type="button" class="quiet" onClick={() => void signOut()}>Sign out</button>
          </nav>
        )}
      </header>
      <main id="main" tabIndex={-1}><Boundary key={url.pathname.split("/", 3).join("/")} what="This page">{route(url)}</Boundary></main>
    </>
  );
}

render(<App />, document.getElementById("app")!);
