-- Where orders went though no rate of tax was set for these goods there: staff are told until there is one.
CREATE TABLE untaxed_places (
    country TEXT NOT NULL,
    region TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (country, region, tax_class)
);
