# Everything starts here. Needs make and Node.js 20.19 or newer, nothing else.
.DEFAULT_GOAL := help
.PHONY: help run test demo bench prove lint build install clean

help: ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: build ## start the whole platform here, with demo people, until Ctrl-C
	@exec node dist/tools/run/main.js

test: install ## check format, lint, types and imports, and run every test (ONLY=unit,int,… picks)
	@exec node tools/make/test.mjs

demo: build ## drive the platform from outside and show that it keeps its promises
	@exec node dist/tools/demo/main.js

bench: build ## measure against raw limits (ONLY=name,… picks, LONG=1 adds the long ones)
	@exec node dist/bench/main.js

prove: install ## run the long proofs whole: kills, interleavings, tamperings
	@PROVE=1 exec node tools/make/test.mjs

lint: install ## check format, lint, types and imports alone
	@ONLY=format,lint,eslint,types,imports exec node tools/make/test.mjs

build: install ## compile into dist/
	@exec node tools/make/build.mjs

install: ## install the packages of package-lock.json, if they aren't there
	@command -v node >/dev/null || { echo 'Integument needs Node.js 20.19 or newer; there is no node here.' >&2; exit 1; }
	@exec node tools/make/install.mjs

clean: ## remove what was built (DATA=1: the data of make run too)
	@exec node tools/make/clean.mjs
