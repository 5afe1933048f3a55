package io.millrace.trainer.example;

/** What an example teaches; each kind defines where its loss lies. */
public sealed interface Content permits Chat, Completion, PlainText, TokenIds {}
