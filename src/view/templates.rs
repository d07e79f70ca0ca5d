//! The template environment.

use std::sync::Arc;

use anyhow::Context as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use rust_embed::RustEmbed;
use serde::Serialize;

use super::{MailKind, MailView, Shell, View, ViewKind, assets, errors, filters};

#[derive(RustEmbed)]
#[folder = "templates"]
#[include = "*.html"]
#[include = "*.txt"]
#[include = "*.svg"]
#[exclude = "assets/*"]
struct Files;

/// What a template may leave undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// A missing value may be asked for in a condition, and no further.
    Production,
    /// A missing value is an error everywhere.
    Tests,
}

/// Every template of the program, parsed once.
#[derive(Clone, Debug)]
pub struct Templates {
    environment: Arc<Environment<'static>>,
}

impl Templates {
    /// Parses every embedded template; a syntax error names file and line.
    pub fn load(strictness: Strictness) -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(match strictness {
            Strictness::Production => UndefinedBehavior::SemiStrict,
            Strictness::Tests => UndefinedBehavior::Strict,
        });
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        filters::add_to(&mut environment);
        assets::add_to(&mut environment);
        errors::add_to(&mut environment);
        for path in Files::iter() {
            let file = Files::get(&path).with_context(|| format!("templates/{path} vanished"))?;
            let source = String::from_utf8(file.data.into_owned()).with_context(|| format!("templates/{path}"))?;
            environment
                .add_template_owned(path.clone().into_owned(), source)
                .with_context(|| format!("templates/{path} does not parse"))?;
        }
        Ok(Self { environment: Arc::new(environment) })
    }

    /// Fails, naming all that is missing, unless every view and mail has its templates.
    pub fn require(&self, views: &[ViewKind], mails: &[MailKind]) -> anyhow::Result<()> {
        let mail_files = mails
            .iter()
            .flat_map(|mail| ["subject.txt", "body.txt", "body.html"].map(|file| format!("mail/{}/{file}", mail.name)));
        let missing: Vec<String> = views
            .iter()
            .map(|view| view.template.to_owned())
            .chain(mail_files)
            .filter(|name| self.environment.get_template(name).is_err())
            .collect();
        anyhow::ensure!(missing.is_empty(), "templates are missing: {}", missing.join(", "));
        Ok(())
    }

    /// The page of `view` in the layout of `shell`.
    pub fn render<V: View>(&self, shell: &Shell, view: &V) -> Result<String, minijinja::Error> {
        self.render_value(V::TEMPLATE, shell, Value::from(Serde(view)))
    }

    /// The page of `template`, given its data as a value.
    pub fn render_value(&self, template: &str, shell: &Shell, page: Value) -> Result<String, minijinja::Error> {
        self.environment.get_template(template)?.render(context! { shell => Value::from(Serde(shell)), page => page })
    }

    /// One of the three texts of a mail: `subject.txt`, `body.txt` or `body.html`.
    pub fn render_mail<V: MailView>(&self, file: &str, programme: &str, mail: &V) -> Result<String, minijinja::Error> {
        self.render_mail_value((V::NAME, file), programme, Value::from(Serde(mail)))
    }

    /// The text `file` of the mail called `name`, given its data as a value.
    pub fn render_mail_value(
        &self,
        (name, file): (&str, &str),
        programme: &str,
        mail: Value,
    ) -> Result<String, minijinja::Error> {
        let template = self.environment.get_template(&format!("mail/{name}/{file}"))?;
        template.render(context! { mail => mail, programme => programme })
    }

    /// A template without the layout, for text that is rendered once and cached.
    pub fn render_part<S: Serialize>(&self, template: &str, data: &S) -> Result<String, minijinja::Error> {
        self.environment.get_template(template)?.render(Value::from(Serde(data)))
    }
}
