CREATE INDEX journal_subject ON journal (subject);
