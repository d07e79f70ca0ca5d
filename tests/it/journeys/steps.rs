//! The steps of a week, each told by what its person sees and presses.

use seaworthy::accounts::{Email, Person};

use crate::accounts::link_path;
use crate::grading::{ask_hints, solve};
use crate::support::{MockCluster, PASSWORD, Page, TestApp, Visitor};

pub(super) const CODES: [&str; 3] = ["GIFT-7QHX-22PL", "GIFT-MM4W-9TTC", "GIFT-R0PE-5KNT"];
pub(super) const LAB: &str = "/labs/service-annotations";
const MODULE: &str = "/modules/full-service-ownership";
const SECTION: &str = "/modules/full-service-ownership/full-service-ownership/";
const CHECKPOINT: &str = "/checkpoints/full-service-ownership";
const TYPED: &str = "The team that wrote it owns it, day and night.";

/// A site on its first day, and a cluster for its labs.
pub(super) struct Week {
    pub(super) app: TestApp,
    kube: MockCluster,
}

impl Week {
    pub(super) async fn begin() -> Self {
        let (app, kube) = TestApp::spawn_with_cluster().await;
        Self { app, kube }
    }

    /// Follows the link that the program prints, which works once.
    pub(super) async fn first_admin(&self, name: &str) -> Visitor {
        let url = self.app.app.accounts.create_first_admin_link().await.unwrap().unwrap();
        let link = format!("/{}", url.url.splitn(4, '/').nth(3).unwrap());
        let visitor = self.app.visitor();
        let page = visitor.get(&link).await.expect(200);
        let email = address(name);
        let fields = [("name", name), ("email", email.as_str()), ("password", PASSWORD)];
        let overview = visitor.press_and_follow(&page, "Make my account", &fields).await;
        assert_eq!(overview.text("h1"), "Overview");
        let late = self.app.visitor().get(&link).await.expect(422);
        assert_eq!(late.text("h1"), "This installation has its admin");
        visitor
    }

    /// Signs up and follows the link in the mail.
    pub(super) async fn sign_up(&self, name: &str) -> Visitor {
        let visitor = self.app.visitor();
        let page = visitor.get("/sign-up").await.expect(200);
        let email = address(name);
        let fields = [("name", name), ("email", email.as_str()), ("password", PASSWORD)];
        assert_eq!(visitor.press(&page, "Sign up", &fields).await.expect(200).text("h1"), "Look in your mailbox");
        let mails = self.app.mails().await;
        let link = link_path(mails.iter().rfind(|mail| mail.to == email).unwrap());
        let page = visitor.get(&link).await.expect(200);
        let home = visitor.press_and_follow(&page, "Verify and sign in", &[]).await;
        assert_eq!(home.text("h1"), format!("Welcome, {name}"));
        visitor
    }

    pub(super) async fn make_instructor(&self, admin: &Visitor, name: &str) {
        let people = admin.get(&format!("/admin/people?search={}", address(name))).await.expect(200);
        let button = format!("Change the role of {name}");
        admin.choose_and_confirm(&people, &button, &[("role", "instructor")], "Make them").await.1.location();
        let people = admin.get("/admin/people?role=instructor").await.expect(200);
        assert_eq!(people.texts("tbody th"), [name]);
    }

    pub(super) async fn sign_out_and_in(&self, visitor: &Visitor, name: &str) {
        let account = visitor.get("/account").await.expect(200);
        visitor.press_and_follow(&account, "Sign out", &[]).await;
        let sign_in = visitor.get(LAB).await.location();
        let page = visitor.get(&sign_in).await.expect(200);
        let fields = [("email", address(name)), ("password", PASSWORD.to_owned())];
        let fields = fields.each_ref().map(|(field, value)| (*field, value.as_str()));
        assert_eq!(visitor.press(&page, "Sign in", &fields).await.location(), LAB);
    }

    /// Reads each lesson of the section, answers what it asks, and marks it.
    pub(super) async fn read_the_section(&self, visitor: &Visitor) {
        let links = format!(".lesson-list a[href^='{SECTION}']");
        let lessons = visitor.get(MODULE).await.expect(200).attributes(&links, "href");
        assert!(lessons.len() >= 10, "the section has {} lessons", lessons.len());
        let mut answered = 0;
        let mut path = lessons[0].clone();
        for expected in &lessons {
            assert_eq!(path, *expected, "one lesson leads to the next");
            answered += answer_questions(visitor, &path).await;
            let page = visitor.get(&path).await.expect(200);
            path = visitor.press(&page, "I have read this", &[]).await.location();
        }
        assert!(answered >= 6, "the section asks {answered} questions");
        let read = format!(".lesson-list .is-read a[href^='{SECTION}']");
        assert_eq!(visitor.get(MODULE).await.expect(200).attributes(&read, "href"), lessons);
    }

    pub(super) async fn start_the_lab(&self, visitor: &Visitor) {
        let page = visitor.get(LAB).await.expect(200);
        visitor.press_and_follow(&page, "Start the lab", &[]).await;
        self.wait_for_session(visitor, "ready").await;
        assert_eq!(self.kube.session_namespaces().len(), 1);
    }

    pub(super) async fn stop_the_lab(&self, visitor: &Visitor) {
        let page = visitor.get(LAB).await.expect(200);
        let (asked, done) = visitor.confirm(&page, "Stop the lab", "Stop the lab").await;
        assert!(asked.text(".confirmation").contains("Everything in your namespace"), "{}", asked.text("main"));
        assert_eq!(done.location(), LAB);
        self.wait_for_session(visitor, "none").await;
        assert!(self.kube.session_namespaces().is_empty(), "a namespace stays behind");
        // So that the site has seen it go.
        self.app.advance(jiff::SignedDuration::from_secs(2));
        self.app.run_jobs().await;
    }

    pub(super) async fn check_the_work(&self, visitor: &Visitor) -> Page {
        self.app.advance(jiff::SignedDuration::from_secs(1));
        let page = visitor.get(LAB).await.expect(200);
        visitor.press_and_follow(&page, "Check", &[]).await;
        self.app.run_jobs().await;
        ask_hints(visitor, LAB).await
    }

    /// Puts the annotations on the Service, as the terminal's `kubectl annotate` would.
    pub(super) async fn annotate(&self, name: &str) {
        let person = self.person(name).await;
        let session = self.app.app.labs.find_session(&person.id, "service-annotations").await.unwrap().unwrap();
        solve(&self.kube, &session, name);
    }

    /// Answers every question and sends the entry; answers its page.
    pub(super) async fn enter_the_checkpoint(&self, visitor: &Visitor) -> String {
        let page = visitor.get(CHECKPOINT).await.expect(200);
        let (choices, values) = (page.attributes("fieldset input", "name"), page.attributes("fieldset input", "value"));
        let mut answers: Vec<(&str, &str)> =
            choices.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
        answers.dedup_by_key(|(name, _)| *name);
        let fields = page.attributes("textarea, input[type=text]", "name");
        answers.extend(fields.iter().map(|name| (name.as_str(), TYPED)));
        assert_eq!(answers.len(), page.texts(".questions > li").len());
        let entry = visitor.press(&page, "Send the entry", &answers).await.location();
        assert_eq!(visitor.get(&entry).await.expect(200).text(".page-header .pill"), "Waiting for review");
        entry
    }

    /// Takes the entry of that place from the queue and decides it.
    pub(super) async fn decide(&self, instructor: &Visitor, place: i64, button: &str, reason: &str) {
        let queue = instructor.get("/review").await.expect(200);
        let place = queue.texts(".rows a").iter().position(|text| *text == format!("Entry {place}")).unwrap();
        let review = queue.attributes(".rows a", "href")[place].clone();
        let page = instructor.get(&review).await.expect(200);
        let taken = instructor.press_and_follow(&page, "Take this entry", &[]).await;
        instructor.press_and_follow(&taken, button, &[("reason", reason)]).await;
    }

    /// The path of the link in the person's only mail of that subject.
    pub(super) async fn mail_for(&self, name: &str, subject: &str) -> String {
        let mails = self.app.mails().await;
        let fitting: Vec<_> = mails.iter().filter(|mail| mail.to == address(name) && mail.subject == subject).collect();
        assert_eq!(fitting.len(), 1, "{subject:?} for {name}");
        assert!(CODES.iter().all(|code| !fitting[0].text.contains(code) && !fitting[0].html.contains(code)));
        link_path(fitting[0])
    }

    async fn person(&self, name: &str) -> Person {
        let email = Email::parse(&address(name)).unwrap();
        self.app.app.accounts.find_person_by_email(&email).await.unwrap().unwrap()
    }

    /// Lets background work go on until the lab's page shows the state.
    async fn wait_for_session(&self, visitor: &Visitor, expected: &str) {
        for _ in 0..10 {
            self.app.run_jobs().await;
            let page = visitor.get(LAB).await.expect(200);
            if page.attribute("#session", "data-state").as_deref() == Some(expected) {
                return;
            }
            self.app.advance(jiff::SignedDuration::from_secs(2));
        }
        panic!("the lab does not become {expected}");
    }
}

/// Answers each question of a lesson as somebody would who has not read it; answers how many there are.
async fn answer_questions(visitor: &Visitor, lesson: &str) -> usize {
    let page = visitor.get(lesson).await.expect(200);
    let questions = page.attributes(".question", "id");
    for question in &questions {
        let place = format!("#{question}");
        let answers = answers(&page, &place);
        let field = question.replacen("question", "answer", 1);
        let fields: Vec<_> = answers.iter().map(|answer| (field.as_str(), answer.as_str())).collect();
        visitor.press_within(&page, &place, "Check your answer", &fields).await.location();
        let judged = visitor.get(lesson).await.expect(200);
        assert!(!judged.text(&format!("{place} .judgement")).is_empty());
    }
    questions.len()
}

/// What somebody gives who takes the first choice, or leaves an order as it stands, or else types.
fn answers(page: &Page, place: &str) -> Vec<String> {
    let lines = page.texts(&format!("{place} .order-item")).len();
    if lines > 0 {
        let option = |line: usize| format!("{place} .order-item:nth-child({line}) option:nth-child({})", line + 1);
        return (1..=lines).map(|line| page.attribute(&option(line), "value").unwrap()).collect();
    }
    let has_choices = !page.texts(&format!("{place} fieldset")).is_empty();
    vec![if has_choices { "0" } else { TYPED }.to_owned()]
}

fn address(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase().replace(' ', "."))
}
