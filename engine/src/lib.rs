//! The reference engine of runtime permission models.
