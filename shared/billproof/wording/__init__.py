"""What customers read, in each language: the catalogues of texts of documents and mails."""
