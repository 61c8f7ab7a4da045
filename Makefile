# `make run` and `make test` are all a new machine needs; both set up first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
SETUP := .setup/done
JARS := .setup/jars
# The second environment, of Glue 5.1's versions.
GLUE51 := .setup/glue51
SETUP51 := $(GLUE51)/done
export GLUELOCAL_JARS := $(abspath $(JARS))
SETUP_INPUTS := setup.py pyproject.toml awsglue_local/pyproject.toml requirements/constraints.txt \
	awsglue_local/src/gluelocal/jars.lock.json requirements/lambda.txt requirements/setup.sh

##@ Run
.PHONY: run
run: $(SETUP) ## Set up, then the price loop with the shop simulator, about 80 seconds
	@$(VENV)/bin/clickstream demo --seconds 40 --seed 7

.PHONY: setup
setup: $(SETUP) ## Python packages and JARs; skipped when nothing changed

$(SETUP): $(SETUP_INPUTS)
	@bash requirements/setup.sh $(VENV) $(JARS)
	@touch $@

$(SETUP51): $(SETUP) requirements/setup51.sh requirements/glue51.txt requirements/glue51-tests.txt \
		docker/glue51/install.sh awsglue_local/src/gluelocal/jars.lock.json
	@bash requirements/setup51.sh $(GLUE51) $(VENV)/bin/gluelocal
	@touch $@

##@ Check
.PHONY: test
test: $(SETUP) check ## Set up, then all checks and tests
	@$(PY) -m pytest -q -n 2 tests/unit
	@$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/local tests/spark

.PHONY: setup-glue51
setup-glue51: $(SETUP51) ## The second environment, of the versions of Glue 5.1

.PHONY: test-glue51
test-glue51: $(SETUP51) ## Transforms and jobs on PySpark 3.5.6 and Delta 3.3.2, as in Glue 5.1
	@sh docker/glue51/pytest.sh $(abspath $(GLUE51))/venv/bin/python \
		-n 2 --dist loadfile --no-loadscope-reorder tests/spark
	@$(PY) -m pytest -q tests/glue51

.PHONY: test-images
test-images: $(SETUP) ## The steps of the images in empty environments; as root, an empty Debian too
	@$(PY) -m pytest -q tests/images

.PHONY: test-fast
test-fast: $(SETUP) ## The tests that need no JVM
	@$(PY) -m pytest -q -n 2 tests/unit

.PHONY: check
check: $(SETUP) ## Format, lint, types, template, images
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/cfn-lint infra/*.yaml
	@$(VENV)/bin/hadolint docker/*/Dockerfile
	@$(VENV)/bin/shellcheck docker/*/*.sh requirements/*.sh .ci/run
	@$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec docker/*/compose.yaml

.PHONY: audit
audit: $(SETUP) ## Known vulnerabilities in the pinned dependencies
	@$(VENV)/bin/pip-audit --requirement requirements/constraints.txt --no-deps --disable-pip

##@ Measure
.PHONY: bench-price
bench-price: $(SETUP) ## The price job's throughput, read units and latency, each beside its reference
	@$(PY) -m benchmarks.price

.PHONY: bench-sessions
bench-sessions: $(SETUP) ## The sessions' throughput and state, beside Spark's session windows
	@$(PY) -m benchmarks.sessions

.PHONY: bench-ctr
bench-ctr: $(SETUP) ## Click-through rates: the job, forty days of the lab's traffic, and detect (NAB_ROOT=...)
	@$(PY) -m benchmarks.ctr

.PHONY: bench-lake
bench-lake: $(SETUP) ## The lake: the archive, compaction, training; each beside its reference
	@$(PY) -m benchmarks.lake

##@ Deploy
.PHONY: package
package: $(SETUP) ## What a deployment uploads, below build/; the template's parameters in build/parameters
	@$(PY) -m localaws.packaging build

##@ Maintain
.PHONY: docs
docs: $(SETUP) ## Write the generated pages anew
	@$(PY) -m catalog.docs > docs/tables.md
	@$(PY) -m gluelocal.parity > docs/awsglue-parity.md
	@$(PY) -m infra.render

.PHONY: format
format: $(SETUP) ## Format and mend what can be mended
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

.PHONY: lock
lock: $(SETUP) ## Pin what is installed now
	@$(PY) -m pip freeze --exclude-editable --exclude awsglue-local > requirements/constraints.txt

.PHONY: clean
clean: ## Remove everything that set-up and runs made
	@rm -rf $(VENV) .setup .clickstream build *.egg-info awsglue_local/*.egg-info awsglue_local/src/*.egg-info

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*##/ {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
