-- What refers to a document: the correction that replaces an invoice.
CREATE INDEX issued_documents_refers ON issued_documents (refers_to) WHERE refers_to <> '';
