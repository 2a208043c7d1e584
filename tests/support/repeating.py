"""Every command of `billproof`, by what a second time does: nothing, since it only reads; or what a test shows."""

INC, EUROPE, JANUARY = "skymeter-inc", "skymeter-europe", "2013-01"
RUN = f"{INC}-{JANUARY}-001"
UA = f"{INC}.{JANUARY}.UA"
EV = f"{INC}.{JANUARY}.EV.001"
MONTH = ("-e", INC, "-p", JANUARY)

READING: dict[str, tuple[str, ...]] = {
    "audit head": (),
    "audit show": (UA,),
    "audit verify": (),
    "costs": ("--events", "1000000", "--accounts", "100"),
    "balance": ("UA", "-e", INC),
    "completion": ("bash",),
    "contract history": ("UA",),
    "doctor": (),
    "dlq list": (),
    "dlq peek": ("erp-postings",),
    "exceptions list": (*MONTH, "--all"),
    "exceptions show": (EV,),
    "import receivables": ("-e", INC),
    "import show": ("-e", INC),
    "invoice export": MONTH,
    "invoice list": MONTH,
    "invoice preview": ("UA", "-p", JANUARY),
    "invoice prove": (UA,),
    "invoice retax": (UA,),
    "invoice show": (UA,),
    "payments list": MONTH,
    "payments statement": ("-e", INC),
    "policy show": ("-e", INC),
    "quarantine list": MONTH,
    "revenue waterfall": MONTH,
    "recover list": (),
    "run balance": (RUN,),
    "run prove": (RUN,),
    "run report": (RUN,),
    "run status": (RUN,),
    "run watch": (RUN,),
    "status": (),
    "usage exposure": MONTH,
    "usage show": ("UA", "-p", JANUARY),
    "webhooks list": ("-e", INC),
    "simulate": ("--contracts", "examples/terms.json", *MONTH),
}
"""What only reads, with its arguments: it writes nothing even once."""

WRITING: dict[str, tuple[tuple[str, ...], int, str]] = {
    "run start": (("-e", EUROPE, "-p", JANUARY, "--as", "carla"), 0, "SUCCEEDED"),
    "run redrive": ((RUN,), 1, "only a failed run"),
    "run sign-off": (("-e", EUROPE, "-p", "2012-12", "--as", "carla"), 0, "signed off by carla"),
    "policy publish": (("examples/policy.json", "--as", "ana"), 0, "published by ana, waits"),
    "policy confirm": (("-e", INC, "-v", "1", "--as", "ben"), 0, "published by carla, confirmed by ben"),
    "exceptions approve": ((EV, "--as", "ben", "--reason", "they flew again next day"), 0, "approved by ben"),
    "exceptions reject": ((EV, "--as", "ben", "--reason", "they did not"), 1, "approved by ben"),
    "exceptions redrive": ((EV,), 1, "nothing to start again"),
    "invoice credit": (
        (f"{EUROPE}.{JANUARY}.DL", "--reason", "goodwill", "--note", "a repeated request", "--as", "ana"),
        0,
        "waits for approval",
    ),
    "recover resume": (("--as", "carla"), 0, "0 resumed"),
    "revenue recognize": (("-e", EUROPE, "-p", "2013-02"), 0, "0 posted now"),
    "dlq redrive": (("erp-postings",), 0, "0 sent again"),
    "local invoke": (("post_to_erp", "events/post_to_erp/good-released.json"), 0, '"batchItemFailures": []'),
}
"""What writes: its arguments, and the exit code and text of the second time, after which no fact is new or changed."""

ELSEWHERE = {
    "audit adopt": "workflow/test_audit_command.py",
    "audit anchor": "workflow/test_audit_command.py",
    "audit erase": "workflow/test_audit_command.py",
    "audit export": "workflow/test_audit_command.py",
    "audit take-out": "workflow/test_audit_command.py",
    "dlq discard": "unit/test_dead_letters.py",
    "invoice pdf": "integration/test_first_hour.py",
    "demo": "chaos/test_killed_demo.py",
    "import check": "workflow/test_import_command.py",
    "import confirm": "workflow/test_import_command.py",
    "import propose": "workflow/test_import_command.py",
    "init": "workflow/test_own_product.py",
    "payments apply": "integration/test_payments.py",
    "payments give-back": "integration/test_payments.py",
    "payments import": "integration/test_payments.py",
    "payments reverse": "integration/test_payments.py",
    "payments show": "integration/test_payments.py",
    "publish": "workflow/test_own_product.py",
    "usage compact": "workflow/test_live_usage.py",
    "usage check": "workflow/test_own_product.py",
    "usage send": "workflow/test_own_product.py",
    "local up": "unit/test_local_server.py",
    "local down": "unit/test_local_server.py",
    "local status": "unit/test_commands.py",
    "recover load": "workflow/test_recovery.py",
    "rehearse-restore": "integration/test_a_rehearsed_restore.py",
    "price": "unit/test_commands.py",
    "webhooks add": "workflow/test_webhooks_command.py",
    "webhooks replay": "workflow/test_webhooks_command.py",
    "quarantine dismiss": "workflow/test_quarantine_command.py",
    "quarantine resend": "workflow/test_quarantine_command.py",
    "replay": "integration/test_the_later_months.py",
}
"""What needs no deployed stack, or more than a billed month: the file of tests that repeats it."""
