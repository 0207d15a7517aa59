//! The conformance suite of runtime permission models.
