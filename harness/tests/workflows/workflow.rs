//! A workflow as it is written: what GitHub takes, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A workflow; a key that is none of these is a mistake.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workflow {
    pub name: String,
    pub on: Map<String, Value>,
    pub permissions: BTreeMap<String, String>,
    pub concurrency: Concurrency,
    #[serde(default)]
    pub env: Map<String, Value>,
    pub defaults: Value,
    pub jobs: Map<String, Value>,
}

/// Which runs of it wait for each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    pub group: String,
    #[serde(rename = "cancel-in-progress")]
    _cancel_in_progress: bool,
}

/// A job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Job {
    pub name: String,
    pub needs: Option<String>,
    pub r#if: Option<String>,
    pub runs_on: String,
    pub timeout_minutes: u32,
    pub permissions: Option<BTreeMap<String, String>>,
    pub strategy: Option<Strategy>,
    #[serde(default)]
    pub outputs: Map<String, Value>,
    #[serde(default)]
    pub env: Map<String, Value>,
    pub steps: Vec<Step>,
}

/// On which machines a job is run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Strategy {
    pub fail_fast: bool,
    pub matrix: Matrix,
}

/// The axes of a matrix, and what is run beside their product.
#[derive(Clone, Debug, Deserialize)]
pub struct Matrix {
    #[serde(default)]
    pub include: Vec<Map<String, Value>>,
    #[serde(flatten)]
    pub axes: Map<String, Value>,
}

/// A step of a job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    pub name: String,
    pub id: Option<String>,
    pub r#if: Option<String>,
    pub uses: Option<String>,
    #[serde(default)]
    pub with: Map<String, Value>,
    pub run: Option<String>,
    #[serde(default)]
    pub env: Map<String, Value>,
}

/// An input of a workflow that is called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub description: String,
    pub r#type: String,
    #[serde(default)]
    pub required: bool,
    pub default: Option<Value>,
}

impl Workflow {
    /// The workflow that a text is.
    pub fn parse(text: &str) -> Self {
        let documents = Yaml::load_from_str(text).expect("the file is YAML");
        let [document] = documents.as_slice() else { panic!("the file is one document") };
        serde_json::from_value(json(document)).expect("the file is a workflow")
    }

    /// The workflow of that name.
    pub fn read(name: &str) -> Self {
        Self::parse(&text(name))
    }

    /// The jobs, in the order in which they stand.
    pub fn jobs(&self) -> Vec<(String, Job)> {
        let job = |(id, job): (&String, &Value)| {
            let job = serde_json::from_value(job.clone());
            (id.clone(), job.unwrap_or_else(|error| panic!("the job {id}: {error}")))
        };
        self.jobs.iter().map(job).collect()
    }

    /// What a call can give.
    pub fn inputs(&self) -> BTreeMap<String, Input> {
        let called = self.on.get("workflow_call").cloned().unwrap_or_default();
        let inputs = called.get("inputs").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        serde_json::from_value(inputs).expect("the inputs are some")
    }
}

impl Matrix {
    /// The values of each machine.
    pub fn machines(&self) -> Vec<Map<String, Value>> {
        let mut machines = vec![Map::new()];
        for (axis, values) in &self.axes {
            let values = values.as_array().expect("an axis is a list");
            let with = |machine: &Map<String, Value>, value: &Value| {
                let mut machine = machine.clone();
                machine.insert(axis.clone(), value.clone());
                machine
            };
            let all =
                machines.iter().flat_map(|machine| values.iter().map(move |v| with(machine, v)));
            machines = all.collect();
        }
        // Each of these has another value on some axis, so it is a machine of its own, and none of the others becomes another.
        for more in &self.include {
            let is_new =
                machines.iter().all(|machine| more.iter().any(|(k, v)| machine.get(k) != Some(v)));
            assert!(is_new, "{more:?} would change what is in the matrix already");
            assert!(self.axes.keys().all(|axis| more.contains_key(axis)), "{more:?}");
        }
        machines.extend(self.include.iter().cloned());
        machines
    }
}

/// A path below the checkout.
pub fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is a workspace").join(path)
}

/// The text of a workflow.
pub fn text(workflow: &str) -> String {
    let path = checkout(".github/workflows").join(format!("{workflow}.yml"));
    fs::read_to_string(path).expect("the workflow can be read")
}

/// YAML as JSON, of which it has all that a workflow needs.
fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => (*value).into(),
        Yaml::Value(Scalar::Integer(value)) => (*value).into(),
        Yaml::Value(Scalar::String(value)) => value.as_ref().into(),
        Yaml::Sequence(nodes) => nodes.iter().map(json).collect(),
        Yaml::Mapping(nodes) => {
            let pair = |(key, value): (&Yaml<'_>, _)| {
                (key.as_str().expect("a key is text").to_owned(), json(value))
            };
            nodes.iter().map(pair).collect::<Map<_, _>>().into()
        }
        other => panic!("a workflow has no {other:?}"),
    }
}

/// A value as a text, which is what it becomes in a variable.
pub fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
