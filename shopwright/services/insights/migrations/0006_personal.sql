-- What of a fact tells of a person is kept apart: when they are erased it goes, and the log stays as it was written.
CREATE TABLE journal_personal (
    seq BIGINT PRIMARY KEY,
    subject TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX journal_personal_subject ON journal_personal (subject);
-- 1 where that was done; a row of before is written anew when its person is erased.
ALTER TABLE journal ADD COLUMN apart BIGINT;
CREATE INDEX journal_before ON journal (type, subject) WHERE apart IS NULL;
