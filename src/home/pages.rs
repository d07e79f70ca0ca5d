//! `/`

use actix_web::web::Data;
use jiff::Timestamp;
use serde::Serialize;

use super::{Dashboard, Home, LabState, ModuleState, NextStep};
use crate::accounts::guards::Visitor;
use crate::checkpoints::EntryState;
use crate::credentials::pages::CredentialSummary;
use crate::labs::{LabSession, Labs};
use crate::lessons::pages::ModuleSummary;
use crate::lessons::{Lessons, Module, Progress};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `home/home.html`
#[derive(Debug, Serialize)]
pub struct HomePage {
    /// Every module, with the reader's progress.
    pub modules: Vec<ModuleSummary>,
    /// What it shows of the reader; none for somebody signed out.
    pub learner: Option<LearnerHome>,
}

/// What the page shows a learner.
#[derive(Debug, Serialize)]
pub struct LearnerHome {
    /// What stands beside each module, in the order of the modules.
    pub modules: Vec<ModuleHome>,
    /// When the week ends.
    pub week_ends_at: Timestamp,
    /// How many entries are left.
    pub entries_left: i64,
    /// How many there are in the programme.
    pub max_entries: i64,
    /// How long labs were open so far, in seconds.
    pub lab_seconds: i64,
    /// Labs that run or come up.
    pub running: Vec<RunningLab>,
    /// How many missed questions are due again.
    pub due: usize,
    /// Credentials, the latest first.
    pub credentials: Vec<CredentialSummary>,
}

/// What a learner does in a module besides reading.
#[derive(Debug, Serialize)]
pub struct ModuleHome {
    /// What to do next.
    pub next: NextView,
    /// The lab of each section.
    pub labs: Vec<Option<LabState>>,
    /// The address of the checkpoint, if the module has one.
    pub checkpoint: Option<String>,
    /// This week's entry: its address and how far it has come.
    pub current_entry: Option<(String, EntryState)>,
    /// Whether an entry was accepted.
    pub is_accepted: bool,
}

/// What to do next, in words.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct NextView {
    /// What it is.
    pub text: String,
    /// The words of the button and where it leads, if there is anything to press.
    pub action: Option<(String, String)>,
}

/// A lab that runs or comes up.
#[derive(Debug, Serialize)]
pub struct RunningLab {
    /// Its page.
    pub path: String,
    /// Its title.
    pub title: String,
    /// When it ends by itself, once it is ready.
    pub expires_at: Option<Timestamp>,
}

impl NextView {
    fn new(step: &NextStep<'_>, (module, progress): (&Module, &Progress)) -> Self {
        let view = |text: String, action: Option<(&str, String)>| Self {
            text,
            action: action.map(|(label, path)| (label.to_owned(), path)),
        };
        match step {
            NextStep::Read(lesson) => {
                let is_begun = progress.count_module(module) > 0 || progress.last_opened().is_some();
                let (word, label) = if is_begun { ("Go on with", "Go on") } else { ("Begin with", "Begin") };
                let minutes = lesson.minutes;
                view(format!("{word} {}, {minutes} minutes.", lesson.title), Some((label, lesson.path.clone())))
            }
            NextStep::Work(lab) => {
                let text = if lab.is_running {
                    format!("Your lab is open: {}. {} of {} tasks are passed.", lab.title, lab.passed, lab.tasks)
                } else {
                    format!("Time to try it on a cluster: {}.", lab.title)
                };
                let label = if lab.is_running { "Go back to the lab" } else { "Open the lab" };
                view(text, Some((label, format!("/labs/{}", lab.name))))
            }
            NextStep::Enter => view(
                "Everything is read and passed. This week's checkpoint is open to you.".to_owned(),
                Some(("Enter the checkpoint", module.checkpoint_path())),
            ),
            NextStep::Wait(path) => view(
                "Your entry waits for a reviewer. You will get mail.".to_owned(),
                Some(("See your entry", (*path).to_owned())),
            ),
            NextStep::NextWeek => view("Your entry of this week is in. The next week brings another.".to_owned(), None),
            NextStep::NoEntriesLeft => view("All your entries of the programme are used.".to_owned(), None),
            NextStep::Done(Some(path)) => {
                view("You have completed this module.".to_owned(), Some(("See your credential", (*path).to_owned())))
            }
            NextStep::Done(None) => view("Everything in this module is done.".to_owned(), None),
        }
    }
}

impl LearnerHome {
    fn new(dashboard: Dashboard, modules: &[Module], labs: &Labs) -> Self {
        let Dashboard { progress, modules: states, sessions, lab_seconds, due, participation, credentials } = dashboard;
        let week = participation.week;
        let running = |session: LabSession| RunningLab {
            path: format!("/labs/{}", session.lab),
            title: labs.catalogue().find(&session.lab).map_or(session.lab.clone(), |lab| lab.title.clone()),
            expires_at: session.expires_at,
        };
        let module_home = |(module, state): (&Module, ModuleState)| {
            let next = NextView::new(&state.find_next(module, &progress), (module, &progress));
            ModuleHome {
                next,
                checkpoint: (!module.checkpoint.is_empty()).then(|| module.checkpoint_path()),
                labs: state.labs,
                current_entry: state.current,
                is_accepted: state.is_accepted,
            }
        };
        Self {
            modules: modules.iter().zip(states).map(module_home).collect(),
            week_ends_at: week.bounds.ends_at,
            entries_left: participation.entries_left,
            max_entries: week.rules.entries_per_developer,
            lab_seconds,
            running: sessions.into_iter().map(running).collect(),
            due,
            credentials: credentials.into_iter().map(CredentialSummary::new).collect(),
        }
    }

    fn samples() -> Vec<Self> {
        let module_home = |(text, action): (&str, Option<(&str, &str)>), current_entry, is_running| ModuleHome {
            next: NextView {
                text: text.to_owned(),
                action: action.map(|(label, path)| (label.to_owned(), path.to_owned())),
            },
            labs: vec![Some(LabState {
                name: "service-annotations".to_owned(),
                title: "Annotate a service".to_owned(),
                passed: 2,
                tasks: 5,
                is_running,
            })],
            checkpoint: is_running.then(|| "/checkpoints/m".to_owned()),
            current_entry,
            is_accepted: !is_running,
        };
        let home = |modules: Vec<ModuleHome>, is_busy: bool| Self {
            modules,
            week_ends_at: Timestamp::UNIX_EPOCH,
            entries_left: 2,
            max_entries: 3,
            lab_seconds: if is_busy { 5_400 } else { 0 },
            running: [None, Some(Timestamp::UNIX_EPOCH)]
                .into_iter()
                .filter(|_end| is_busy)
                .map(|expires_at| RunningLab {
                    path: "/labs/service-annotations".to_owned(),
                    title: "Annotate a service".to_owned(),
                    expires_at,
                })
                .collect(),
            due: if is_busy { 3 } else { 0 },
            credentials: if is_busy { CredentialSummary::samples() } else { Vec::new() },
        };
        let entry = Some(("/entries/x".to_owned(), EntryState::Submitted));
        let first =
            || module_home(("Begin with Why, 6 minutes.", Some(("Begin", "/modules/m/s/l"))), entry.clone(), true);
        let second = || module_home(("Everything in this module is done.", None), None, false);
        vec![home(vec![first(), second()], true), home(vec![second(), first()], false)]
    }
}

impl View for HomePage {
    const TEMPLATE: &'static str = "home/home.html";

    fn samples() -> Vec<Self> {
        let mut samples: Vec<Self> = LearnerHome::samples()
            .into_iter()
            .map(|learner| Self { modules: ModuleSummary::samples(), learner: Some(learner) })
            .collect();
        samples.push(Self { modules: ModuleSummary::samples(), learner: None });
        samples.push(Self { modules: Vec::new(), learner: None });
        samples
    }
}

/// Shows what this is, or what to do next.
pub async fn home(
    home: Data<Home>,
    lessons: Data<Lessons>,
    labs: Data<Labs>,
    visitor: Visitor,
) -> Result<Reply<HomePage>, WebError> {
    let library = lessons.library();
    let modules = library.modules();
    let summaries = |progress: &Progress| modules.iter().map(|module| ModuleSummary::new(module, progress)).collect();
    let Some(person) = visitor.0 else {
        return Ok(Reply::Page(HomePage { modules: summaries(&Progress::default()), learner: None }));
    };
    let dashboard = home.find_dashboard(&person.id).await?;
    let summaries = summaries(&dashboard.progress);
    let learner = LearnerHome::new(dashboard, modules, &labs);
    Ok(Reply::Page(HomePage { modules: summaries, learner: Some(learner) }))
}
