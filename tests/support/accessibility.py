"""What axe-core finds on a page."""

from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}


class Inspector:
    """Runs axe-core in a page."""

    def __init__(self, page: Page) -> None:
        from axe_playwright_python.sync_playwright import Axe

        self._page = page
        self._axe = Axe()

    def visit(self, path: str) -> None:
        self._page.goto(path)
        self.examine(path)

    def examine(self, what: str) -> None:
        """Fail with axe's report if the page, as it is now, breaks a rule."""
        results = self._axe.run(self._page, options=OPTIONS)
        assert results.violations_count == 0, f"{what}: {results.generate_report()}"
