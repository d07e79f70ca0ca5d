import { startCopyButtons } from "./copy";
import { startContents } from "./contents";
import { startCountdowns } from "./countdown";
import { startForms } from "./forms";
import { startLive } from "./live";
import { startOrders } from "./order";
import { startTabs } from "./tabs";
import { startLessonKeys, startMenus, startSearchKey } from "./keys";

startForms();
startCopyButtons(document);
startCountdowns();
startOrders();
startTabs();
startContents();
startLessonKeys();
startMenus();
startSearchKey();
startLive();
