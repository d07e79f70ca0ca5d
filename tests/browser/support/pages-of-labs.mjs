// The pages of labs, games and the service catalogue that need no session.
import { GAME_LAB, LAB } from "./journeys.mjs";

/** @type {import("./pages.mjs").PageEntry[]} */
export const LABS = [
  { route: "/labs", name: "labs-signed-out", as: "guest" },
  { route: "/labs", name: "labs-without-cluster", as: "newcomer" },
  { route: "/labs/{lab}", name: "lab-without-cluster", as: "newcomer", path: () => LAB },
  { route: "/catalogue", name: "catalogue-idle", as: "newcomer" },
  { route: "/catalogue/{lab}/{service}", name: "service-without-session", as: "newcomer", status: 404, path: () => "/catalogue/service-annotations/qotm" },
  { route: "/labs/{lab}/statistics", name: "statistics-none", as: "firstInstructor", path: () => `${LAB}/statistics` },
  { route: "/labs/{lab}/seen", name: "seen-nothing", as: "newcomer", path: () => `${LAB}/seen` },
  { route: "/labs/{lab}/seen/{request}", name: "seen-unknown", as: "newcomer", status: 404, path: () => `${LAB}/seen/none` },
  { route: "/labs/{lab}/namespace", name: "namespace-without-session", as: "newcomer", path: () => `${LAB}/namespace` },
  { route: "/labs/{lab}/traces", name: "traces-without-session", as: "newcomer", status: 409, path: () => `${LAB}/traces` },
  {
    route: "/labs/{lab}/traces/{id}",
    name: "trace-of-no-id",
    as: "newcomer",
    status: 400,
    path: () => `${LAB}/traces/none`,
  },
  { route: "/labs/{lab}/runbook", name: "runbook", as: "newcomer", path: () => `${GAME_LAB}/runbook` },
  {
    route: "/labs/{lab}/runbook",
    name: "runbook-begun",
    as: "newcomer",
    path: () => `${GAME_LAB}/runbook`,
    then: (visitor) => visitor.press("Save"),
  },
  { route: "/labs/{lab}/games", name: "games-without-lab", as: "newcomer", path: () => `${GAME_LAB}/games` },
  { route: "/games/join", name: "game-join", as: "newcomer" },
  { route: "/games/join", name: "game-join-refused", as: "newcomer", then: (visitor) => visitor.press("Join") },
  { route: "/games/{id}", name: "game-unknown", as: "newcomer", status: 404, path: () => "/games/none" },
  { route: "/games/{id}/end", name: "game-end-unknown", as: "newcomer", status: 404, path: () => "/games/none/end" },
  { route: "/labs/{lab}/stop", name: "lab-stop-idle", as: "newcomer", path: () => `${LAB}/stop` },
  { route: "/games/{id}/postmortem", name: "postmortem-unknown", as: "newcomer", status: 404, path: () => "/games/none/postmortem" },
  { route: "/labs", name: "labs-cluster-starting", as: "firstInstructor", before: startCluster },
  { route: "/labs/{lab}", name: "lab-cluster-starting", as: "firstInstructor", path: () => LAB, before: startCluster },
];

/** @param {import("./environment.mjs").Environment} environment */
function startCluster(environment) {
  environment.fresh.tellClusterStatus({ phase: "starting", step: "Starting the API server", done: 3, total: 9, detail: "waiting for etcd" });
}
