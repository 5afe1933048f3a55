package io.millrace.trainer.tokenizer;

/**
 * An example put to the model as a question. The array is not copied; nobody writes to it after construction.
 *
 * @param prompt all tokens before the answer, the template's generation prompt included
 * @param answer the text that the example answers with, as the client sent it
 */
public record Question(int[] prompt, String answer) {}
