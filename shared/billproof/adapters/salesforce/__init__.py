"""The adapter of Salesforce, a CRM: orders and their products, over its REST API."""
