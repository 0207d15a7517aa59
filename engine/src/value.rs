//! A value as a program of the runtime hands it to the permission interface, valid or not.

/// Any value that a script can pass where a descriptor or `PermissionOptions` belongs.
///
/// Descriptors are kept as written, because invalid ones have answers, too; a model reads them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JavaScript's `undefined`; also what a missing key reads as.
    Undefined,
    /// JavaScript's `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A `URL` object, by its text.
    Url(String),
    /// An array.
    List(Vec<Value>),
    /// An object, its keys in the order written.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value under `key`; [`Value::Undefined`] where this is no object or has no such key.
    pub fn field(&self, key: &str) -> &Value {
        match self {
            Value::Object(fields) => fields
                .iter()
                .rev()
                .find_map(|(name, value)| (name == key).then_some(value))
                .unwrap_or(&Value::Undefined),
            _ => &Value::Undefined,
        }
    }

    /// What an instance of a class was made of; such an instance is written as an object whose only key is the class after a `$`.
    ///
    /// Only a model that knows the class asks; to any other the instance is an object like any other.
    pub fn instance(&self, class: &str) -> Option<&Value> {
        match self {
            Value::Object(fields) => match &fields[..] {
                [(name, value)] if name.strip_prefix('$') == Some(class) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the value is called in a message.
    pub fn noun(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::Url(_) => "a URL",
            Value::List(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}
