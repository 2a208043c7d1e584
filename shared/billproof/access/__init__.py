"""Who may ask the API for what: clients and people of a legal entity's policy, and how often.

scopes      what may be asked for
service     which legal entities' data a caller may read or send, by the policies in force
"""
